//! The one writer of a process: a thread that gathers what is to be written, and commits it together.
//!
//! A change is told that it is done when its commit is on the disk. Changes of one caller are done in the order of the
//! calls. A change that fails is undone alone: then those that were to be committed with it are done once more, each so
//! that it can be. A commit that fails is none, for all that were in it.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{FileClock, FileError, clock::millis, news::News, place::Places, turn::Turn};

/// How many changes wait for the writer at the most, and how many one commit takes.
const WAITING: usize = 1_024;
const TOGETHER: usize = 256;

/// What a change may do: write, and say that others wait for it.
pub(crate) struct Change<'a> {
    pub(crate) file: &'a Connection,
    /// The time of the commit: of everything in it.
    pub(crate) now: i64,
    /// The number of this commit: what changes remember of one another is to be forgotten when it is undone.
    pub(crate) commits: u64,
    /// How many changes and commits of this writer were undone.
    pub(crate) undone: u64,
    tells: &'a Cell<bool>,
}

impl Change<'_> {
    /// That much from the time of the commit on, never too early.
    pub(crate) fn after(&self, duration: Duration) -> i64 {
        self.now.saturating_add(millis(duration))
    }

    /// Somebody, here or in another process, may wait for what is written.
    pub(crate) fn tell(&self) {
        self.tells.set(true);
    }
}

/// A change on its way, and whoever waits for it.
trait Job: Send {
    /// Whether it may be undone by a power cut.
    fn is_light(&self) -> bool;
    /// Does its part, anew where it was undone; the error where it failed, and is to be undone. Nothing where nobody
    /// waits for it any more.
    fn run(&mut self, change: &Change<'_>, path: &Path) -> Result<(), FileError>;
    /// Tells the fate of the commit that it was in.
    fn tell(self: Box<Self>, fate: Result<(), FileError>);
}

struct Pending<F, T> {
    change: F,
    result: Option<Result<T, FileError>>,
    answer: oneshot::Sender<Result<T, FileError>>,
    light: bool,
}

impl<F, T> Job for Pending<F, T>
where
    F: FnMut(&Change<'_>) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn is_light(&self) -> bool {
        self.light
    }

    fn run(&mut self, change: &Change<'_>, path: &Path) -> Result<(), FileError> {
        self.result = None;
        if self.answer.is_closed() {
            return Ok(());
        }
        // A panic must not take the thread with it, on which all others wait.
        let result = match catch_unwind(AssertUnwindSafe(|| (self.change)(change))) {
            Ok(result) => result.map_err(|error| FileError::of(path, error)),
            Err(panic) => Err(FileError::panicked(panic)),
        };
        let failed = result.as_ref().err().cloned();
        self.result = Some(result);
        failed.map_or(Ok(()), Err)
    }

    fn tell(self: Box<Self>, fate: Result<(), FileError>) {
        let Self { change, result, answer, .. } = *self;
        let result = match (result, fate) {
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => return,
        };
        // Before whoever asked goes on: what was lent to it is theirs again.
        drop(change);
        // They may have gone.
        drop(answer.send(result));
    }
}

/// The way to the writer. The thread ends when this is dropped, and what was on its way is written.
pub(super) struct Writer(mpsc::Sender<Box<dyn Job>>);

impl Writer {
    pub(super) fn start(thread: WriterThread) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        std::thread::Builder::new()
            .name("soorma-sqlite-write".to_owned())
            .spawn(move || thread.run(waiting))?;
        Ok(Self(jobs))
    }

    /// A `light` change may be undone by a power cut, with all that come after it until one that may not.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        light: bool,
        change: impl FnMut(&Change<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Pending { change, result: None, answer, light });
        self.0.send(job).await.map_err(|_| FileError::Closed)?;
        answered.await.map_err(|_| FileError::Closed)?
    }
}

/// What the thread works with.
pub(super) struct WriterThread {
    pub(super) file: Connection,
    pub(super) path: PathBuf,
    pub(super) places: Places,
    pub(super) turn: Turn,
    pub(super) clock: FileClock,
    pub(super) news: News,
    pub(super) commits: u64,
    pub(super) undone: u64,
    /// Commits are not synced at present.
    pub(super) light: bool,
    /// The thread that reads. Where both close the file at once, SQLite sees no last one, who moves the log into it.
    pub(super) reading: JoinHandle<()>,
}

impl WriterThread {
    fn run(mut self, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
        let mut jobs = Vec::with_capacity(TOGETHER);
        while let Some(first) = waiting.blocking_recv() {
            jobs.push(first);
            while jobs.len() < TOGETHER
                && let Ok(next) = waiting.try_recv()
            {
                jobs.push(next);
            }
            self.commits += 1;
            let fate = self.commit(&mut jobs);
            if fate.is_err() {
                self.undone += 1;
            }
            for job in jobs.drain(..) {
                job.tell(fate.clone());
            }
        }
        // Its jobs catch their panics.
        drop(self.reading.join());
    }

    fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), FileError> {
        let light = jobs.iter().all(|job| job.is_light());
        if self.light != light {
            let synchronous = if light { "normal" } else { "full" };
            let set = self.file.pragma_update(None, "synchronous", synchronous);
            set.map_err(|error| FileError::of(&self.path, error))?;
            self.light = light;
        }
        let Self { file, path, places, turn, clock, news, commits, undone, .. } = self;
        let tells = Cell::new(false);
        let committed = turn.take(|| {
            places.check()?;
            let mut attempt = Attempt { path, clock, commits: *commits, undone, tells: &tells };
            // Hardly ever does one fail, and a savepoint for each would cost all of them.
            if attempt.make(file, jobs, Undoing::All)? {
                return Ok(());
            }
            tells.set(false);
            attempt.make(file, jobs, Undoing::One).map(drop)
        });
        committed.map_err(|error| FileError::io(&Turn::path_for(path), error))??;
        tracing::trace!(changes = jobs.len(), synced = !light, "committed");
        if tells.get() {
            news.tell();
            // Stored is stored: the others look again by themselves, if later.
            if let Err(error) = turn.tell() {
                tracing::warn!(%error, "other processes could not be told of what was written");
            }
        }
        Ok(())
    }
}

/// What is undone where a change fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undoing {
    All,
    One,
}

/// What it takes to make one commit.
struct Attempt<'a> {
    path: &'a Path,
    clock: &'a FileClock,
    commits: u64,
    undone: &'a mut u64,
    tells: &'a Cell<bool>,
}

impl Attempt<'_> {
    /// Commits all jobs but those that fail; false where one has failed and all are undone.
    fn make(
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
                    // Dropped, it is rolled back.
                    return Ok(false);
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
