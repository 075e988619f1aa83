//! What can go wrong with the file, by what somebody can do about it.

use std::{
    any::Any,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::ffi::ErrorCode;

use crate::broker::BrokerError;

/// The file could not do what was asked. What was asked has left nothing behind.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// This handle was closed.
    #[error("the file is closed")]
    Closed,
    #[error("`{}` cannot grow: the disk is full; it goes on when there is room", .0.display())]
    Full(PathBuf),
    #[error(
        "`{}` cannot be written: it, its folder or its file system is read-only for this user; both must be writable, \
         for there are files beside it", .0.display()
    )]
    ReadOnly(PathBuf),
    #[error(
        "`{}`, or `-wal` or `-shm` beside it, cannot be opened or made: may this user write there, and are there file \
         descriptors left?", .0.display()
    )]
    CannotOpen(PathBuf),
    #[error(
        "`{}` was deleted, moved or replaced while it was open: nothing is written into it any more; put it back, or \
         start again", .0.display()
    )]
    Gone(PathBuf),
    #[error("`{}` is locked by somebody who writes without taking turns: a transaction in a `sqlite3` prompt?", .0.display())]
    Locked(PathBuf),
    #[error("`{}` is no sound database: {source}", .path.display())]
    Damaged { path: PathBuf, source: Arc<rusqlite::Error> },
    #[error("`{}`: {source}", .path.display())]
    Sqlite { path: PathBuf, source: Arc<rusqlite::Error> },
    #[error("`{}`: {source}", .path.display())]
    Io { path: PathBuf, source: Arc<io::Error> },
    /// A mistake of ours: a change has ended the transaction that it shares with others.
    #[error("a change has ended the transaction that it shares with others")]
    Undone,
    /// A mistake of ours.
    #[error("what was to be done with the file panicked: {0}")]
    Panicked(String),
}

impl FileError {
    /// What SQLite said of the file at `path`.
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let code = source.sqlite_error_code();
        let source = Arc::new(source);
        match code {
            Some(ErrorCode::DiskFull) => Self::Full(path),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly(path),
            Some(ErrorCode::CannotOpen) => Self::CannotOpen(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(path),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, source },
            _ => Self::Sqlite { path, source },
        }
    }

    /// Whether it does not pass by itself, nor by what somebody does.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Closed | Self::Damaged { .. })
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full(path),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(path),
            _ => Self::Io { path, source: Arc::new(source) },
        }
    }

    pub(super) fn panicked(payload: Box<dyn Any + Send>) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Self::Panicked(text.unwrap_or_default())
    }
}

impl From<FileError> for BrokerError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Closed => Self::Closed,
            other => Self::Unavailable(Box::new(other)),
        }
    }
}
