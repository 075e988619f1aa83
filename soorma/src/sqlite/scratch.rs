//! A file of its own for a test. Knows where it lies and how it is opened; must not know what is kept in it.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::Database;
use crate::{clock::Clock, error::ConnectError};

/// A folder that is removed with it, and a file in it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("soorma-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("a.db")
    }

    /// One more handle.
    pub(crate) async fn open(&self) -> Arc<Database> {
        open(&self.file(), &Clock::system()).await.unwrap()
    }
}

pub(crate) async fn open(path: &Path, clock: &Clock) -> Result<Arc<Database>, ConnectError> {
    Database::open("store", &format!("sqlite:{}", path.display()), clock).await
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
