//! `memory:` as a store: a sorted map inside the process, gone with the process.
//!
//! Owns the lock and the clock; the `shelf` under it knows neither, and nobody here knows what is kept.

mod ends;
mod shelf;
#[cfg(test)]
mod tests;
mod watch;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use self::{
    shelf::{Condition, Shelf},
    watch::MemoryWatch,
};
use super::{Entry, Key, Store, StoreError, Watched};
use crate::{BoxFuture, clock::Clock};

/// A store inside the process.
///
/// What has run out is removed, and reported to watchers, by the next call of any kind and by whoever waits in a
/// [`Watch`](super::Watch). It never fails as `Unavailable`.
pub struct MemoryStore(Arc<Inner>);

struct Inner {
    clock: Clock,
    shelf: Mutex<Shelf>,
}

impl Inner {
    /// The shelf, without what has run out.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        let now = self.clock.now();
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.expire(now);
        shelf
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Inner { clock, shelf: Mutex::default() }))
    }

    fn write(
        &self,
        key: &Key,
        condition: Condition,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> Result<u64, StoreError> {
        // A century is never: `Instant + Duration::MAX` would overflow.
        let ends = ttl.map(|ttl| self.0.clock.now() + ttl.min(Duration::from_secs(3_155_760_000)));
        self.0.shelf().write(key, condition, value, ends).ok_or_else(|| StoreError::Conflict(key.clone()))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        Box::pin(async move { Ok(self.0.shelf().get(key)) })
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move { self.write(key, Condition::None, value, ttl) })
    }

    fn create<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move { self.write(key, Condition::Absent, value, ttl) })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        revision: u64,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move { self.write(key, Condition::Revision(revision), value, ttl) })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move { Ok(self.0.shelf().delete(key)) })
    }

    fn list<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        Box::pin(async move { Ok(self.0.shelf().list(prefix)) })
    }

    fn watch<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Watched, StoreError>> {
        Box::pin(async move { Ok(MemoryWatch::begin(self.0.clone(), prefix)) })
    }
}
