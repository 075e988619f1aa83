//! The open file: what is written into it, what is read from it, and the news of it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::watch;

use super::{
    Change, FileClock, FileError, SqliteOptions,
    news::News,
    place,
    reader::Reader,
    schema,
    turn::Turn,
    writer::{Writer, WriterThread},
};
use crate::{clock::Clock, error::ConnectError};

/// How long SQLite waits for somebody who writes without taking turns, a person at a prompt perhaps.
const PATIENCE: Duration = Duration::from_secs(5);

/// One open file. Its threads end when the last handle is dropped.
pub(crate) struct Database {
    options: SqliteOptions,
    clock: FileClock,
    writer: Writer,
    reader: Reader,
    news: News,
    turn: PathBuf,
}

impl Database {
    /// Opens the file of a URL, makes it where it does not exist, and brings it up to date.
    ///
    /// # Errors
    /// [`ConnectError`], with what is wrong with the URL or the file.
    pub(crate) async fn open(
        what: &'static str,
        url: &str,
        clock: &Clock,
    ) -> Result<Arc<Self>, ConnectError> {
        let invalid = |reason| ConnectError::Invalid { what, url: url.to_owned(), reason };
        let options = SqliteOptions::parse(url).map_err(invalid)?;
        let clock = clock.clone();
        let opened = tokio::task::spawn_blocking(move || Self::open_now(options, &clock)).await;
        match opened {
            Ok(Ok(opened)) => Ok(Arc::new(opened)),
            Ok(Err(Trouble::Refused(reason))) => {
                Err(ConnectError::Refused { what, url: url.to_owned(), reason })
            }
            Ok(Err(Trouble::File(error))) => {
                Err(ConnectError::Unreachable { what, url: url.to_owned(), source: Box::new(error) })
            }
            Err(error) => {
                Err(ConnectError::Unreachable { what, url: url.to_owned(), source: Box::new(error) })
            }
        }
    }

    fn open_now(options: SqliteOptions, clock: &Clock) -> Result<Self, Trouble> {
        let path = options.path.clone();
        let path = path.as_path();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(Trouble::Refused(format!("the folder `{}` does not exist", folder.display())));
        }
        if let Some(reason) = place::refusal(folder) {
            return Err(Trouble::Refused(reason));
        }
        let beside = Turn::path_for(path);
        let turn = Turn::open(&beside).map_err(|error| FileError::io(&beside, error))?;
        let sqlite = |error| Trouble::File(FileError::of(path, error));
        // Under the turn, for many processes may start at once, and only one can make the tables.
        let prepared = turn.take(|| prepare(path, clock).map_err(sqlite));
        let (writing, clock) = prepared.map_err(|error| FileError::io(&beside, error))???;
        let news = News::new();
        let io = |error| FileError::io(path, error);
        news.follow(&beside, || connection(path)).map_err(io)?;
        let reader = Reader::start(connection(path).map_err(sqlite)?, path.to_owned()).map_err(io)?;
        let thread = WriterThread {
            file: writing,
            path: path.to_owned(),
            turn,
            clock: clock.clone(),
            news: news.clone(),
        };
        let writer = Writer::start(thread).map_err(io)?;
        Ok(Self { options, clock, writer, reader, news, turn: beside })
    }

    /// Has something written, together with what others write; returns when it is on the disk. Changes of one caller,
    /// one after the other, are in their order.
    ///
    /// Cancelling leaves open whether it is.
    ///
    /// # Errors
    /// [`FileError`]: nothing of it is written.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Change<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        self.writer.write(change).await
    }

    /// Reads one state of the file, in which every commit is that has returned, in whichever process.
    ///
    /// # Errors
    /// [`FileError`].
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        self.reader.read(read).await
    }

    /// Changes when something was [told](Change::tell), by this process or by another one. May change without.
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.news.listen()
    }

    pub(crate) fn clock(&self) -> &FileClock {
        &self.clock
    }

    pub(crate) fn options(&self) -> &SqliteOptions {
        &self.options
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Wakes the thread that listens, so that it sees that nobody does.
        if let Ok(mut turn) = Turn::open(&self.turn) {
            drop(turn.tell());
        }
    }
}

/// Why a file cannot be opened.
enum Trouble {
    Refused(String),
    File(FileError),
}

impl From<FileError> for Trouble {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

fn prepare(path: &Path, clock: &Clock) -> rusqlite::Result<Result<(Connection, FileClock), Trouble>> {
    let mut file = connection(path)?;
    // Before the first table is made: so the file can give back what retention has freed.
    file.pragma_update(None, "auto_vacuum", "incremental")?;
    let mode: String = file.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let reason = "SQLite cannot keep a write-ahead log here; put the file on a local disk".to_owned();
        return Ok(Err(Trouble::Refused(reason)));
    }
    let transaction = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Err(reason) = schema::bring_up_to_date(&transaction)? {
        return Ok(Err(Trouble::Refused(reason)));
    }
    let clock = FileClock::of(&transaction, clock)?;
    transaction.commit()?;
    Ok(Ok((file, clock)))
}

fn connection(path: &Path) -> rusqlite::Result<Connection> {
    let file = Connection::open(path)?;
    file.busy_timeout(PATIENCE)?;
    // On the disk before it says yes, whatever SQLite was built with.
    file.pragma_update(None, "synchronous", "full")?;
    file.set_prepared_statement_cache_capacity(128);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> String {
        let path = std::env::temp_dir().join(format!("soorma-{}-{name}.db", std::process::id()));
        for end in ["", "-wal", "-shm", "-turn"] {
            drop(std::fs::remove_file(format!("{}{end}", path.display())));
        }
        format!("sqlite:{}", path.display())
    }

    async fn open(url: &str) -> Arc<Database> {
        Database::open("store", url, &Clock::system()).await.unwrap()
    }

    #[tokio::test]
    async fn what_one_handle_has_written_another_reads_and_is_told_of() {
        let url = file("told");
        let (one, other) = (open(&url).await, open(&url).await);
        let mut news = other.news();
        let seen = one.write(|change| {
            change.tell();
            change.file.execute("UPDATE clock SET seen = 7", [])
        });
        assert_eq!(seen.await.unwrap(), 1);
        tokio::time::timeout(Duration::from_secs(30), news.changed()).await.unwrap().unwrap();
        let read =
            other.read(|file| file.query_row("SELECT seen FROM clock", [], |row| row.get::<_, i64>(0)));
        assert_eq!(read.await.unwrap(), 7);
        assert!((one.clock().now() - other.clock().now()).abs() < 1_000);
    }

    #[tokio::test]
    async fn a_change_that_fails_is_undone_alone() {
        let one = open(&file("undone")).await;
        let failing = one.write(|change| {
            change.file.execute("UPDATE clock SET seen = 1", [])?;
            change.file.execute("UPDATE nowhere SET seen = 1", [])
        });
        let working = one.write(|change| change.file.execute("UPDATE clock SET offset = 5", []));
        let (failed, worked) = tokio::join!(failing, working);
        let failed = failed.unwrap_err().to_string();
        assert!(failed.contains("no such table: nowhere"), "{failed}");
        assert_eq!(worked.unwrap(), 1);
        let row = one.read(|file| {
            file.query_row("SELECT offset, seen FROM clock", [], |row| Ok((row.get(0)?, row.get(1)?)))
        });
        let (offset, seen): (i64, i64) = row.await.unwrap();
        assert_eq!((offset, seen == 1), (5, false));
    }

    #[tokio::test]
    async fn what_is_not_ours_is_refused() {
        let url = file("foreign");
        let path = url.strip_prefix("sqlite:").unwrap();
        Connection::open(path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
        let refused = Database::open("store", &url, &Clock::system()).await.err().unwrap();
        assert!(refused.to_string().contains("a database of another program"), "{refused}");
        let nowhere = Database::open("store", "sqlite:/nowhere/a.db", &Clock::system()).await.err().unwrap();
        assert!(nowhere.to_string().contains("the folder `/nowhere` does not exist"), "{nowhere}");
    }
}
