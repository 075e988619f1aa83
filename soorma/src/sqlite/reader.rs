//! Reading: a thread with a connection of its own, so that nobody waits for a commit to read.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread::JoinHandle,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{FileError, place::Places};

/// How many reads wait at the most.
const WAITING: usize = 1_024;

type Job = Box<dyn FnOnce(&mut ReaderThread) + Send>;

/// The way to the reader. The thread ends when this is dropped.
pub(super) struct Reader(mpsc::Sender<Job>);

/// What the thread works with.
pub(super) struct ReaderThread {
    pub(super) file: Connection,
    pub(super) path: std::path::PathBuf,
    pub(super) places: Places,
}

impl Reader {
    pub(super) fn start(mut thread: ReaderThread) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, mut waiting) = mpsc::channel::<Job>(WAITING);
        let running = std::thread::Builder::new().name("soorma-sqlite-read".to_owned()).spawn(move || {
            while let Some(job) = waiting.blocking_recv() {
                job(&mut thread);
            }
        })?;
        Ok((Self(jobs), running))
    }

    /// Reads one state of the file, in which every commit is that has returned.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |thread| {
            if !answer.is_closed() {
                drop(answer.send(thread.read(read)));
            }
        });
        self.0.send(job).await.map_err(|_| FileError::Closed)?;
        answered.await.map_err(|_| FileError::Closed)?
    }
}

impl ReaderThread {
    fn read<T>(&mut self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, FileError> {
        self.places.check()?;
        let Self { file, path, .. } = self;
        let done = catch_unwind(AssertUnwindSafe(|| {
            // A transaction that only reads ends without a word.
            file.transaction().and_then(|snapshot| read(&snapshot))
        }));
        done.map_err(FileError::panicked)?.map_err(|error| FileError::of(path, error))
    }
}
