//! The store contract: small state under keys, with compare-and-set.
//!
//! Owns the trait, the keys and the typed view; knows nothing of what is kept. Memory and failure records are
//! typed views over it; none has a backend of its own.

pub mod conformance;
mod error;
mod key;
pub mod memory;
#[cfg(feature = "nats")]
pub(crate) mod nats;
mod records;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

pub(crate) use self::records::decode;
pub use self::{
    error::StoreError,
    key::Key,
    records::{Records, Update, Versioned},
};

use std::time::Duration;

use crate::BoxFuture;

/// A value and the revision at which it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The bytes.
    pub value: Vec<u8>,
    /// Grows with every write to the store; what [`Store::compare_and_set`] compares.
    pub revision: u64,
}

/// A change that a [`Watch`] reports: the newest state of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: Key,
    /// Its value; `None` when it was deleted or its time ran out.
    pub entry: Option<Entry>,
}

/// Small state under keys.
///
/// Every read sees every write that has returned, whoever made it. A write with a time-to-live is gone that long
/// after it; `None` keeps it for good. Every write method returns once the write is stored, and the revision that it
/// got.
pub trait Store: Send + Sync + 'static {
    /// The value under a key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>>;

    /// Writes, whatever was there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>>;

    /// Writes where nothing is.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where something is.
    fn create<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>>;

    /// Writes where the newest write is still `revision`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it is not.
    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        revision: u64,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>>;

    /// Removes; true where there was something.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// The keys that begin with the segments of `prefix`, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn list<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Vec<Key>, StoreError>>;

    /// What is below a prefix now, and the changes from then on: nothing falls between the two.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn watch<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Watched, StoreError>>;
}

/// What is below a prefix, and what happens to it.
pub struct Watched {
    /// What is there, in the order of the keys. A write that returned a moment ago on another connection may come as
    /// a change instead.
    pub entries: Vec<(Key, Entry)>,
    /// What changes from then on.
    pub changes: Box<dyn Watch>,
}

/// Reports changes. A watcher that is slower than the writers sees the newest state of each key, not every state
/// between: so it is bounded by the number of keys.
pub trait Watch: Send {
    /// The next change. Cancel safe.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store is gone.
    fn next(&mut self) -> BoxFuture<'_, Result<Change, StoreError>>;
}
