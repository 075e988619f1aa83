//! The one writer of a process: a thread that gathers what is to be written, and commits it together.
//!
//! A change is told that it is done when its commit is on the disk. Changes of one caller are done in the order of the
//! calls. A change that fails is undone alone: then those that were to be committed with it are done once more, each so
//! that it can be. A commit that fails is none, for all that were in it.

use std::{cell::Cell, path::PathBuf, thread::JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{
    Change, FileClock, FileError,
    attempt::{Attempt, Undoing},
    change::{Job, Pending},
    news::News,
    place::Places,
    turn::Turn,
};

/// How many changes wait for the writer at the most, and how many one commit takes.
const WAITING: usize = 1_024;
const TOGETHER: usize = 256;

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
        let job = Box::new(Pending::new(change, light, answer));
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
            let committed = self.commit(&mut jobs);
            if committed.is_err() {
                self.undone += 1;
            }
            for job in jobs.drain(..) {
                job.tell(committed.clone().map(drop));
            }
            // After whoever waits for it: that is news for others. Stored is stored: where they cannot be told, they look
            // again by themselves, if later.
            if committed.is_ok_and(|tells| tells)
                && let Err(error) = self.news.spread(&self.turn)
            {
                tracing::warn!(%error, "other processes could not be told of what was written");
            }
        }
        // Its jobs catch their panics.
        drop(self.reading.join());
    }

    /// Gives whether there is news.
    fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<bool, FileError> {
        let light = jobs.iter().all(|job| job.is_light());
        if self.light != light {
            let synchronous = if light { "normal" } else { "full" };
            let set = self.file.pragma_update(None, "synchronous", synchronous);
            set.map_err(|error| FileError::of(&self.path, error))?;
            self.light = light;
        }
        let Self { file, path, places, turn, clock, commits, undone, .. } = self;
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
        Ok(tells.get())
    }
}
