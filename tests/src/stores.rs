//! Stores in front of a good one: away, silent or small when a test says so; and one in which writers meet.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use soorma::{
    BoxFuture,
    store::{Entry, Key, Store, StoreError, Watched},
};
use tokio::sync::Barrier;

/// A good store behind a connection that can be cut.
pub struct Severable {
    inner: Arc<dyn Store>,
    away: AtomicBool,
    silent: AtomicBool,
    limit: AtomicUsize,
}

impl Severable {
    /// This store, and it is there.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        let (away, silent) = Default::default();
        Self { inner, away, silent, limit: AtomicUsize::new(usize::MAX) }
    }

    /// Cuts the connection, or mends it.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// Calls from now on are never answered, or are again.
    pub fn set_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    /// Refuses values of more bytes.
    pub fn set_limit(&self, bytes: usize) {
        self.limit.store(bytes, Ordering::SeqCst);
    }

    fn or_too_large<'a>(
        &'a self,
        key: &Key,
        bytes: usize,
        call: BoxFuture<'a, Result<u64, StoreError>>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        let limit = self.limit.load(Ordering::SeqCst);
        if bytes > limit {
            let key = key.clone();
            return Box::pin(async move { Err(StoreError::TooLarge { key, bytes, limit }) });
        }
        self.or_away(call)
    }

    fn or_away<'a, T: Send + 'a>(
        &'a self,
        call: BoxFuture<'a, Result<T, StoreError>>,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        if self.silent.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        if self.away.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError::Unavailable("the store is away".into())) });
        }
        call
    }
}

impl Store for Severable {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        self.or_away(self.inner.get(key))
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.or_too_large(key, value.len(), self.inner.put(key, value, ttl))
    }

    fn create<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.or_too_large(key, value.len(), self.inner.create(key, value, ttl))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        revision: u64,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.or_too_large(key, value.len(), self.inner.compare_and_set(key, revision, value, ttl))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.or_away(self.inner.delete(key))
    }

    fn list<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        self.or_away(self.inner.list(prefix))
    }

    fn watch<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Watched, StoreError>> {
        self.or_away(self.inner.watch(prefix))
    }
}

/// A good store in which two writers meet: both have read the same before either of them writes.
pub struct Meeting {
    inner: Arc<dyn Store>,
    left: AtomicUsize,
    barrier: Barrier,
}

impl Meeting {
    /// This store; nobody meets yet.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, left: AtomicUsize::new(0), barrier: Barrier::new(2) }
    }

    /// The next two that write by compare-and-set wait for each other.
    pub fn arrange(&self) {
        self.left.store(2, Ordering::SeqCst);
    }
}

impl Store for Meeting {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        self.inner.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.inner.put(key, value, ttl)
    }

    fn create<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.inner.create(key, value, ttl)
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        revision: u64,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            let meets =
                self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if meets.is_ok() {
                self.barrier.wait().await;
            }
            self.inner.compare_and_set(key, revision, value, ttl).await
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.inner.delete(key)
    }

    fn list<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        self.inner.list(prefix)
    }

    fn watch<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Watched, StoreError>> {
        self.inner.watch(prefix)
    }
}
