//! The one writer of a process: a thread that gathers what is to be written, and commits it together.
//!
//! A change is told that it is done when its commit is on the disk. Changes of one caller are done in the order of the
//! calls. A change that fails is undone alone; a commit that fails is none, for all that were in it.

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
    /// Does its part; the error where it failed, and is to be undone. Nothing where nobody waits for it any more.
    fn run(&mut self, change: &Change<'_>, path: &Path) -> Result<(), FileError>;
    /// Tells the fate of the commit that it was in.
    fn tell(self: Box<Self>, fate: Result<(), FileError>);
}

struct Pending<F, T> {
    change: Option<F>,
    result: Option<Result<T, FileError>>,
    answer: oneshot::Sender<Result<T, FileError>>,
    light: bool,
}

impl<F, T> Job for Pending<F, T>
where
    F: FnOnce(&Change<'_>) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn is_light(&self) -> bool {
        self.light
    }

    fn run(&mut self, change: &Change<'_>, path: &Path) -> Result<(), FileError> {
        let run = self.change.take().filter(|_| !self.answer.is_closed());
        let Some(run) = run else { return Ok(()) };
        // A panic must not take the thread with it, on which all others wait.
        let result = match catch_unwind(AssertUnwindSafe(|| run(change))) {
            Ok(result) => result.map_err(|error| FileError::of(path, error)),
            Err(panic) => Err(FileError::panicked(panic)),
        };
        let failed = result.as_ref().err().cloned();
        self.result = Some(result);
        failed.map_or(Ok(()), Err)
    }

    fn tell(self: Box<Self>, fate: Result<(), FileError>) {
        let answer = match (self.result, fate) {
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => return,
        };
        // Whoever asked may have gone.
        drop(self.answer.send(answer));
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
        change: impl FnOnce(&Change<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Pending { change: Some(change), result: None, answer, light });
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
        let Self { file, path, places, turn, clock, news, commits, undone, light, reading: _ } = self;
        let wanted = jobs.iter().all(|job| job.is_light());
        if *light != wanted {
            let synchronous = if wanted { "normal" } else { "full" };
            file.pragma_update(None, "synchronous", synchronous)
                .map_err(|error| FileError::of(path, error))?;
            *light = wanted;
        }
        let tells = Cell::new(false);
        let committed = turn.take(|| {
            places.check()?;
            let sqlite = |error| FileError::of(path, error);
            let transaction =
                file.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
            let now = clock.now();
            clock.note(&transaction, now).map_err(sqlite)?;
            let mut change =
                Change { file: &transaction, now, commits: *commits, undone: *undone, tells: &tells };
            for job in jobs.iter_mut() {
                if !together(&transaction, job.as_mut(), &change, path)? {
                    *undone += 1;
                    change.undone = *undone;
                }
            }
            transaction.commit().map_err(sqlite)
        });
        committed.map_err(|error| FileError::io(&Turn::path_for(path), error))??;
        tracing::trace!(changes = jobs.len(), synced = !wanted, "committed");
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

/// Runs one of several; false where it failed. Then it is undone alone, unless SQLite has undone all of them by itself,
/// as it does when the disk is full.
fn together(
    file: &Connection,
    job: &mut dyn Job,
    change: &Change<'_>,
    path: &Path,
) -> Result<bool, FileError> {
    let run = |sql: &str| file.prepare_cached(sql)?.execute([]);
    let sqlite = |error| FileError::of(path, error);
    run("SAVEPOINT one").map_err(sqlite)?;
    let done = job.run(change, path);
    if file.is_autocommit() {
        return done.and(Err(FileError::Undone));
    }
    if done.is_err() {
        run("ROLLBACK TO one").map_err(sqlite)?;
    }
    run("RELEASE one").map_err(sqlite)?;
    Ok(done.is_ok())
}
