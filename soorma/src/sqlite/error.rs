//! What can go wrong with the file, by what somebody can do about it.

use std::{
    io,
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
    #[error("`{}` cannot grow: the disk is full", .0.display())]
    Full(PathBuf),
    #[error("`{}` cannot be written: the file, its folder or its file system is read-only", .0.display())]
    ReadOnly(PathBuf),
    #[error("`{}` is no sound database: {source}", .path.display())]
    Damaged { path: PathBuf, source: Arc<rusqlite::Error> },
    #[error("`{}`: {source}", .path.display())]
    Sqlite { path: PathBuf, source: Arc<rusqlite::Error> },
    #[error("`{}`: {source}", .path.display())]
    Io { path: PathBuf, source: Arc<io::Error> },
}

impl FileError {
    /// What SQLite said of the file at `path`.
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let code = source.sqlite_error_code();
        let source = Arc::new(source);
        match code {
            Some(ErrorCode::DiskFull) => Self::Full(path),
            Some(ErrorCode::ReadOnly) => Self::ReadOnly(path),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, source },
            _ => Self::Sqlite { path, source },
        }
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source: Arc::new(source) }
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
