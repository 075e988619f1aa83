//! Reading: a thread with a connection of its own, so that nobody waits for a commit to read.

use std::path::PathBuf;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::FileError;

/// How many reads wait at the most.
const WAITING: usize = 1_024;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The way to the reader. The thread ends when this is dropped.
pub(super) struct Reader {
    jobs: mpsc::Sender<Job>,
    path: PathBuf,
}

impl Reader {
    pub(super) fn start(mut file: Connection, path: PathBuf) -> std::io::Result<Self> {
        let (jobs, mut waiting) = mpsc::channel::<Job>(WAITING);
        std::thread::Builder::new().name("soorma-sqlite-read".to_owned()).spawn(move || {
            while let Some(job) = waiting.blocking_recv() {
                job(&mut file);
            }
        })?;
        Ok(Self { jobs, path })
    }

    /// Reads one state of the file, in which every commit is that has returned.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |file| {
            if answer.is_closed() {
                return;
            }
            // A transaction that only reads ends without a word.
            let result = file.transaction().and_then(|snapshot| read(&snapshot));
            drop(answer.send(result));
        });
        self.jobs.send(job).await.map_err(|_| FileError::Closed)?;
        answered.await.map_err(|_| FileError::Closed)?.map_err(|error| FileError::of(&self.path, error))
    }
}
