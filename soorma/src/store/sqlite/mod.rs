//! `sqlite:` as a store: one table of the file, which people can read too.
//!
//! Owns how the contract is kept in the table; the file, its one writer and its clock are those of [`crate::sqlite`].
//! What has run out is not read any more at once, and is removed a little with every write and by whoever watches.

mod rows;
#[cfg(test)]
mod tests;
mod text;
mod watch;

use std::{fmt, sync::Arc, time::Duration};

use self::{
    rows::Condition,
    text::{Below, Value, text},
    watch::SqliteWatch,
};
use super::{Entry, Key, Store, StoreError, Watched};
use crate::{
    BoxFuture,
    sqlite::{Database, FileError},
};

/// The largest value, in bytes: a write is in memory as a whole, and so is its commit.
const LIMIT: usize = 16 * 1024 * 1024;

/// How much of what is over is removed with each write.
const A_LITTLE: u32 = 2;

/// A store in a file.
pub(crate) struct SqliteStore(Arc<Database>);

impl SqliteStore {
    pub(crate) fn new(file: Arc<Database>) -> Self {
        Self(file)
    }

    async fn write(
        &self,
        key: &Key,
        condition: Condition,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> Result<u64, StoreError> {
        let bytes = value.len();
        if bytes > LIMIT {
            return Err(StoreError::TooLarge { key: key.clone(), bytes, limit: LIMIT });
        }
        let (at, value) = (text(key), Value::from(value));
        let written = self.0.write(move |change| {
            rows::sweep(change, A_LITTLE)?;
            let until = ttl.map(|ttl| change.after(ttl));
            rows::write(change, &at, condition, &value, until)
        });
        written.await.map_err(unavailable)?.ok_or_else(|| StoreError::Conflict(key.clone()))
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

impl Store for SqliteStore {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        let (at, clock) = (text(key), self.0.clock().clone());
        Box::pin(async move {
            self.0.read(move |file| rows::get(file, &at, clock.now())).await.map_err(unavailable)
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.write(key, Condition::None, value, ttl))
    }

    fn create<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.write(key, Condition::Absent, value, ttl))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        revision: u64,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.write(key, Condition::Revision(revision), value, ttl))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<bool, StoreError>> {
        let at = text(key);
        Box::pin(
            async move { self.0.write(move |change| rows::delete(change, &at)).await.map_err(unavailable) },
        )
    }

    fn list<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        let (below, clock) = (Below::of(prefix), self.0.clock().clone());
        Box::pin(async move {
            self.0.read(move |file| rows::list(file, &below, clock.now())).await.map_err(unavailable)
        })
    }

    fn watch<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Watched, StoreError>> {
        Box::pin(SqliteWatch::begin(&self.0, prefix))
    }
}

fn unavailable(error: FileError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}
