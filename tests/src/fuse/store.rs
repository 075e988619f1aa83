//! The store of a process that dies.

use std::{sync::Arc, time::Duration};

use soorma::{
    BoxFuture,
    store::{Entry, Key, Store, StoreError, Watched},
};

use super::Fuse;

/// A store as a process sees it that dies.
pub struct FusedStore {
    inner: Arc<dyn Store>,
    fuse: Arc<Fuse>,
}

impl FusedStore {
    /// This store, until the fuse is blown.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, fuse: Arc<Fuse>) -> Self {
        Self { inner, fuse }
    }
}

impl FusedStore {
    /// The registry is renewed as time goes by: that is no part of what is looked at.
    fn effect<'a, T: Send + 'a>(&'a self, key: &Key, effect: BoxFuture<'a, T>) -> BoxFuture<'a, T> {
        match key.segments().next().as_deref() {
            Some("registry") => Box::pin(self.fuse.look(effect)),
            _ => Box::pin(self.fuse.effect(effect)),
        }
    }
}

impl Store for FusedStore {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        Box::pin(self.fuse.look(self.inner.get(key)))
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.effect(key, self.inner.put(key, value, ttl))
    }

    fn create<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.effect(key, self.inner.create(key, value, ttl))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        revision: u64,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.effect(key, self.inner.compare_and_set(key, revision, value, ttl))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.effect(key, self.inner.delete(key))
    }

    fn list<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        Box::pin(self.fuse.look(self.inner.list(prefix)))
    }

    fn watch<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Watched, StoreError>> {
        Box::pin(self.fuse.look(self.inner.watch(prefix)))
    }
}
