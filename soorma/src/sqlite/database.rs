//! The open file: what is written into it, what is read from it, and the news of it.

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::{Connection, MAIN_DB, OpenFlags, TransactionBehavior, config::DbConfig};
use tokio::sync::watch;

use super::{
    Change, FileClock, FileError, SqliteOptions,
    news::{Asked, Following, News},
    place::{self, Ground, Places},
    reader::{Reader, ReaderThread},
    schema,
    turn::Turn,
    writer::{Writer, WriterThread},
};
use crate::{clock::Clock, error::ConnectError};

/// How long SQLite waits for somebody who writes without taking turns, a person at a prompt perhaps.
const PATIENCE: Duration = Duration::from_secs(5);

/// How large the write-ahead log stays after a burst, in bytes.
const LOG_LIMIT: i64 = 16 * 1024 * 1024;

/// One open file. Its threads end when the last handle is dropped; what was on its way is written.
///
/// A handle must not be taken across a `fork`: SQLite's locks are the process's, and the threads are not copied.
pub(crate) struct Database {
    options: SqliteOptions,
    clock: FileClock,
    writer: Writer,
    reader: Reader,
    news: News,
    _following: Following,
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
        let refused = |reason| ConnectError::Refused { what, url: url.to_owned(), reason };
        let options = SqliteOptions::parse(url).map_err(invalid)?;
        let clock = clock.clone();
        let opened = tokio::task::spawn_blocking(move || Self::open_now(options, &clock)).await;
        match opened {
            Ok(Ok(opened)) => Ok(Arc::new(opened)),
            Ok(Err(Trouble::Refused(reason))) => Err(refused(reason)),
            Ok(Err(Trouble::File(error))) => {
                Err(ConnectError::Unreachable { what, url: url.to_owned(), source: Box::new(error) })
            }
            Err(error) => {
                Err(ConnectError::Unreachable { what, url: url.to_owned(), source: Box::new(error) })
            }
        }
    }

    fn open_now(options: SqliteOptions, clock: &Clock) -> Result<Self, Trouble> {
        let path = place::resolve(&options.path).map_err(Trouble::Refused)?;
        let ground = Ground::of(path.parent().unwrap_or(Path::new("/")));
        if let Some(reason) = ground.refusal() {
            return Err(Trouble::Refused(reason));
        }
        if let Some(warning) = ground.warning() {
            tracing::warn!(path = %path.display(), "{warning}");
        }
        let beside = Turn::path_for(&path);
        let turn = Turn::open(&beside).map_err(|error| FileError::io(&beside, error))?;
        // Under the turn, for many processes may start at once, and only one can make the tables.
        let prepared = turn.take(|| Opened::prepare(&path, &beside, clock));
        let Opened { writing, reading, places, clock } =
            prepared.map_err(|error| FileError::io(&beside, error))??;
        let news = News::new();
        let io = |error| FileError::io(&path, error);
        let [places, to_read, to_write] = places;
        let asked = Asked { turn: Turn::open(&beside).map_err(io)?, places };
        let following = news.follow(&path, &beside, asked).map_err(io)?;
        let thread = ReaderThread { file: reading, path: path.clone(), places: to_read };
        let (reader, reading) = Reader::start(thread).map_err(io)?;
        let thread = WriterThread {
            file: writing,
            path: path.clone(),
            places: to_write,
            turn,
            clock: clock.clone(),
            news: news.clone(),
            commits: 0,
            undone: 0,
            light: false,
            reading,
        };
        let writer = Writer::start(thread).map_err(io)?;
        Ok(Self { options, clock, writer, reader, news, _following: following })
    }

    /// Has something written, together with what others write; returns when it is on the disk. Changes of one caller,
    /// one after the other, are in their order. A change is called again where one beside it has failed: what it has
    /// written is undone then, and what else it has done is its own affair ([`Change::undone`]).
    ///
    /// Cancelling leaves open whether it is.
    ///
    /// # Errors
    /// [`FileError`]: nothing of it is written.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        change: impl FnMut(&Change<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        self.writer.write(false, change).await
    }

    /// The same for what a power cut may undo, which kills all who have asked for it as well: a lease. It is on the disk
    /// before whatever is written later.
    pub(crate) async fn write_light<T: Send + 'static>(
        &self,
        change: impl FnMut(&Change<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        self.writer.write(true, change).await
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

/// What is open of a file that is up to date.
struct Opened {
    writing: Connection,
    reading: Connection,
    /// For those who write, read and listen.
    places: [Places; 3],
    clock: FileClock,
}

impl Opened {
    /// Under the turn.
    fn prepare(path: &Path, turn: &Path, clock: &Clock) -> Result<Self, Trouble> {
        let sqlite = |error| Trouble::File(FileError::of(path, error));
        let mut writing = connection(path).map_err(sqlite)?;
        // SQLite opens what may not be written to be read, and says so only when something is.
        if writing.is_readonly(MAIN_DB).map_err(sqlite)? {
            return Err(FileError::ReadOnly(path.to_owned()).into());
        }
        let clock = make_ready(&mut writing, clock).map_err(sqlite)?.map_err(Trouble::Refused)?;
        let places = || Places::of([path.to_owned(), place::beside(path, "-wal"), turn.to_owned()]);
        Ok(Self {
            writing,
            reading: connection(path).map_err(sqlite)?,
            places: [places()?, places()?, places()?],
            clock,
        })
    }
}

/// The inner error is why this file cannot be used.
fn make_ready(file: &mut Connection, clock: &Clock) -> rusqlite::Result<Result<FileClock, String>> {
    // Before anything is written into what may be somebody else's.
    if let Some(reason) = schema::refusal(file)? {
        return Ok(Err(reason));
    }
    let mode: String = file.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Ok(Err(format!(
            "SQLite cannot keep a write-ahead log here (it says `{mode}`); put the file on a local disk"
        )));
    }
    let transaction = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
    schema::bring_up_to_date(&transaction)?;
    let clock = FileClock::of(&transaction, clock)?;
    transaction.commit()?;
    Ok(Ok(clock))
}

fn connection(path: &Path) -> rusqlite::Result<Connection> {
    // Not the default, which reads a name that begins with `file:` as a URI.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = Connection::open_with_flags(path, flags)?;
    file.busy_timeout(PATIENCE)?;
    // On the disk before it says yes, whatever SQLite was built with.
    file.pragma_update(None, "synchronous", "full")?;
    // Where `fsync` leaves it in the disk's cache (macOS).
    file.pragma_update(None, "fullfsync", true)?;
    // What a burst has left of the log is given back.
    file.pragma_update(None, "journal_size_limit", LOG_LIMIT)?;
    file.set_prepared_statement_cache_capacity(128);
    // Without this, a statement whose plan might depend on a value is planned anew whenever another one is bound.
    file.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(file)
}
