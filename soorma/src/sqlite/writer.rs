//! The one writer of a process: a thread that gathers what is to be written, and commits it together.
//!
//! A change is told that it is done when its commit is on the disk. Changes of one caller are done in the order of the
//! calls. A change that fails is undone alone; a commit that fails is none, for all that were in it.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{FileClock, FileError, news::News, turn::Turn};

/// How many changes wait for the writer at the most, and how many one commit takes.
const WAITING: usize = 1_024;
const TOGETHER: usize = 256;

/// What a change may do: write, and say that others wait for it.
pub(crate) struct Change<'a> {
    pub(crate) file: &'a Connection,
    /// The time of the commit: of everything in it.
    pub(crate) now: i64,
    pub(crate) clock: &'a FileClock,
    tells: &'a Cell<bool>,
}

impl Change<'_> {
    /// Somebody, here or in another process, may wait for what is written.
    pub(crate) fn tell(&self) {
        self.tells.set(true);
    }
}

/// A change on its way, and whoever waits for it.
trait Job: Send {
    /// Does its part; false where it failed, and is to be undone. Nothing where nobody waits for it any more.
    fn run(&mut self, change: &Change<'_>) -> bool;
    /// Tells the fate of the commit that it was in.
    fn tell(self: Box<Self>, fate: Result<(), FileError>, path: &Path);
}

struct Pending<F, T> {
    change: Option<F>,
    result: Option<rusqlite::Result<T>>,
    answer: oneshot::Sender<Result<T, FileError>>,
}

impl<F, T> Job for Pending<F, T>
where
    F: FnOnce(&Change<'_>) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, change: &Change<'_>) -> bool {
        if !self.answer.is_closed() {
            self.result = self.change.take().map(|run| run(change));
        }
        !matches!(self.result, Some(Err(_)))
    }

    fn tell(self: Box<Self>, fate: Result<(), FileError>, path: &Path) {
        let answer = match (self.result, fate) {
            (Some(Err(error)), _) => Err(FileError::of(path, error)),
            (_, Err(error)) => Err(error),
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

    pub(super) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Change<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Pending { change: Some(change), result: None, answer });
        self.0.send(job).await.map_err(|_| FileError::Closed)?;
        answered.await.map_err(|_| FileError::Closed)?
    }
}

/// What the thread works with.
pub(super) struct WriterThread {
    pub(super) file: Connection,
    pub(super) path: PathBuf,
    pub(super) turn: Turn,
    pub(super) clock: FileClock,
    pub(super) news: News,
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
            let fate = self.commit(&mut jobs);
            for job in jobs.drain(..) {
                job.tell(fate.clone(), &self.path);
            }
        }
    }

    fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), FileError> {
        let Self { file, path, turn, clock, news } = self;
        let tells = Cell::new(false);
        let committed = turn.take(|| -> rusqlite::Result<()> {
            let transaction = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let change = Change { file: &transaction, now: clock.now(), clock, tells: &tells };
            for job in jobs.iter_mut() {
                transaction.prepare_cached("SAVEPOINT one")?.execute([])?;
                if !job.run(&change) {
                    // Where SQLite has undone everything by itself, this fails, and so does the commit.
                    transaction.prepare_cached("ROLLBACK TO one")?.execute([])?;
                }
                transaction.prepare_cached("RELEASE one")?.execute([])?;
            }
            transaction.commit()
        });
        committed
            .map_err(|error| FileError::io(&Turn::path_for(path), error))?
            .map_err(|error| FileError::of(path, error))?;
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
