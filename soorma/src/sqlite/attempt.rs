//! One attempt at a commit: with nothing that could undo one of its changes alone, which costs least, or with a savepoint
//! for each.

use std::{cell::Cell, path::Path};

use rusqlite::{Connection, TransactionBehavior};

use super::{Change, FileClock, FileError, change::Job};

/// What is undone where a change fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Undoing {
    All,
    One,
}

/// What it takes to make one commit.
pub(super) struct Attempt<'a> {
    pub(super) path: &'a Path,
    pub(super) clock: &'a FileClock,
    pub(super) commits: u64,
    pub(super) undone: &'a mut u64,
    pub(super) tells: &'a Cell<bool>,
}

impl Attempt<'_> {
    /// Commits all jobs but those that fail; false where one has failed and all are undone.
    pub(super) fn make(
        &mut self,
        file: &mut Connection,
        jobs: &mut [Box<dyn Job>],
        undoing: Undoing,
    ) -> Result<bool, FileError> {
        let path = self.path;
        let sqlite = |error| FileError::of(path, error);
        let transaction = file.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
        let now = self.clock.now();
        self.clock.note(&transaction, now).map_err(sqlite)?;
        for job in jobs {
            let change = Change {
                file: &transaction,
                now,
                commits: self.commits,
                undone: *self.undone,
                tells: self.tells,
            };
            let done = match undoing {
                Undoing::All => run(job.as_mut(), &change, path)?,
                Undoing::One => run_alone(job.as_mut(), &change, path)?,
            };
            if !done {
                *self.undone += 1;
                if undoing == Undoing::All {
                    return transaction.rollback().map(|()| false).map_err(sqlite);
                }
            }
        }
        transaction.commit().map_err(sqlite)?;
        Ok(true)
    }
}

/// False where it failed, and is to be undone; the error where SQLite has undone all of them by itself, as it does when
/// the disk is full.
fn run(job: &mut dyn Job, change: &Change<'_>, path: &Path) -> Result<bool, FileError> {
    let done = job.run(change, path);
    if change.file.is_autocommit() {
        return done.and(Err(FileError::Undone));
    }
    Ok(done.is_ok())
}

/// The same; where it failed, it is undone.
fn run_alone(job: &mut dyn Job, change: &Change<'_>, path: &Path) -> Result<bool, FileError> {
    let say = |sql: &str| {
        let said = change.file.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        said.map_err(|error| FileError::of(path, error))
    };
    say("SAVEPOINT one")?;
    let done = run(job, change, path)?;
    if !done {
        say("ROLLBACK TO one")?;
    }
    say("RELEASE one")?;
    Ok(done)
}
