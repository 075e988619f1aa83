//! A change of the file, and what it may do; on its way to the writer with whoever waits for it. Must not know which others
//! are committed with it.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::Duration,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{FileError, clock::millis};

/// What a change may do: write, and say that others wait for it.
pub(crate) struct Change<'a> {
    pub(crate) file: &'a Connection,
    /// The time of the commit: of everything in it.
    pub(crate) now: i64,
    /// The number of this commit: what changes remember of one another is to be forgotten when it is undone.
    pub(crate) commits: u64,
    /// How many changes and commits of this writer were undone.
    pub(crate) undone: u64,
    pub(super) tells: &'a Cell<bool>,
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
pub(super) trait Job: Send {
    /// Whether it may be undone by a power cut.
    fn is_light(&self) -> bool;
    /// Does its part, anew where it was undone; the error where it failed, and is to be undone. Nothing where nobody
    /// waits for it any more.
    fn run(&mut self, change: &Change<'_>, path: &Path) -> Result<(), FileError>;
    /// Tells the fate of the commit that it was in.
    fn tell(self: Box<Self>, fate: Result<(), FileError>);
}

pub(super) struct Pending<F, T> {
    change: F,
    result: Option<Result<T, FileError>>,
    answer: oneshot::Sender<Result<T, FileError>>,
    light: bool,
}

impl<F, T> Pending<F, T> {
    pub(super) fn new(change: F, light: bool, answer: oneshot::Sender<Result<T, FileError>>) -> Self {
        Self { change, result: None, answer, light }
    }
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
