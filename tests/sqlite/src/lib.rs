//! What the tests of `sqlite:` share: a folder with a file in it, the words between a test and a process, and `sqlite:`
//! as a target of the conformance suite.

mod conformance;
mod step;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use soorma::store::Key;

pub use self::{
    conformance::SqliteTarget,
    step::{Does, Done, Double, Doubled, Step},
};

/// A folder with a file in it; removed with it.
#[derive(Debug)]
pub struct Place(PathBuf);

impl Place {
    /// An empty folder, in which anybody may write.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(name: &str) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("soorma-sqlite-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The database.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.0.join("a.db")
    }

    /// The same as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// What a process shall write, as one line of JSON.
#[derive(Debug, Serialize, Deserialize)]
pub struct Write {
    /// How.
    pub how: How,
    /// The segments of the key.
    pub key: Vec<String>,
    /// The value.
    pub value: Vec<u8>,
    /// Its time-to-live.
    pub ttl: Option<Duration>,
}

/// Which method of the store.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum How {
    /// `put`
    Put,
    /// `create`
    Create,
    /// `compare_and_set`, from this revision.
    Set(u64),
    /// `delete`
    Delete,
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Written {
    /// At this revision; of what was deleted: 1 where something was there.
    Done(u64),
    /// Somebody else wrote first.
    Conflict,
    /// The store failed.
    Failed(String),
}

/// The key of its segments.
#[must_use]
pub fn key(segments: &[String]) -> Key {
    let (first, rest) = segments.split_first().map_or((String::new(), &[][..]), |(a, b)| (a.clone(), b));
    rest.iter().fold(Key::from([first]), |key, segment| key.join(segment))
}
