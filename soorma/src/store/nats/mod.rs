//! `nats:` as a store: one KV bucket of JetStream, which other tools can read too.
//!
//! Owns how the contract is kept in a bucket; the connection and the requests are those of [`crate::nats`]. Every
//! read asks the leader of the bucket, which has answered every writer. A time-to-live is rounded up to whole
//! seconds: the server knows no less.

mod bucket;
mod source;
mod token;
mod watch;
mod write;

use std::{fmt, sync::Arc, time::Duration};

use self::{bucket::Bucket, watch::NatsWatch, write::Condition};
use super::{Entry, Key, Store, StoreError, Watched};
use crate::{BoxFuture, error::ConnectError, nats::Link};

/// A store in a bucket of JetStream.
pub(crate) struct NatsStore(Arc<Bucket>);

impl NatsStore {
    /// Opens the bucket, and makes it where it is missing.
    ///
    /// # Errors
    /// [`ConnectError::Refused`].
    pub(crate) async fn open(what: &'static str, link: Arc<Link>) -> Result<Self, ConnectError> {
        let url = link.shown.clone();
        let bucket =
            Bucket::open(link).await.map_err(|reason| ConnectError::Refused { what, url, reason })?;
        Ok(Self(Arc::new(bucket)))
    }
}

impl fmt::Debug for NatsStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsStore").finish_non_exhaustive()
    }
}

impl Store for NatsStore {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        Box::pin(async move { Ok(self.0.last(key).await?.and_then(|last| last.entry)) })
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.0.write(key, Condition::None, value, ttl))
    }

    fn create<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.0.create(key, value, ttl))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        revision: u64,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            if revision == 0 {
                // It would mean that nothing was ever there.
                return Err(StoreError::Conflict(key.clone()));
            }
            self.0.write(key, Condition::Revision(revision), value, ttl).await
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(self.0.delete(key))
    }

    fn list<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        Box::pin(self.0.list(prefix))
    }

    fn watch<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Watched, StoreError>> {
        Box::pin(NatsWatch::begin(&self.0, prefix))
    }
}
