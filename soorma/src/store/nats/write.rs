//! Writing into the bucket.

use std::time::Duration;

use async_nats::header::{
    NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID, NATS_MESSAGE_TTL, NATS_ROLLUP,
};
use soorma_common::id;

use super::bucket::{Bucket, MARKERS, unavailable};
use crate::{
    nats::{Headers, Message, StoreError as NotStored},
    store::{Key, StoreError},
};

/// How long a write waits for a server that is away.
const PATIENCE: Duration = Duration::from_secs(10);

/// A century is never: the server counts nanoseconds in 64 bits.
const NEVER: u64 = 3_155_760_000;

/// What must be true for a write to happen.
#[derive(Clone, Copy)]
pub(super) enum Condition {
    None,
    /// The newest of the key; 0 where there never was any.
    Revision(u64),
}

impl Bucket {
    pub(super) async fn write(
        &self,
        key: &Key,
        condition: Condition,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> Result<u64, StoreError> {
        let mut headers = Headers::default();
        if let Some(ttl) = ttl {
            let seconds = ttl.as_secs().saturating_add(u64::from(ttl.subsec_nanos() > 0));
            headers.insert(NATS_MESSAGE_TTL, format!("{}s", seconds.clamp(1, NEVER)).as_str());
        }
        self.send(key, condition, headers, value).await
    }

    pub(super) async fn create(
        &self,
        key: &Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> Result<u64, StoreError> {
        match self.write(key, Condition::Revision(0), value.clone(), ttl).await {
            Err(StoreError::Conflict(_)) => {}
            written => return written,
        }
        // What is in the way may be the trace of what is gone.
        match self.last(key).await? {
            Some(last) if last.entry.is_none() => {
                self.write(key, Condition::Revision(last.revision), value, ttl).await
            }
            None => self.write(key, Condition::Revision(0), value, ttl).await,
            Some(_) => Err(StoreError::Conflict(key.clone())),
        }
    }

    pub(super) async fn delete(&self, key: &Key) -> Result<bool, StoreError> {
        loop {
            let Some(last) = self.last(key).await? else { return Ok(false) };
            if last.entry.is_none() {
                return Ok(false);
            }
            let mut headers = Headers::default();
            headers.insert("KV-Operation", "PURGE");
            headers.insert(NATS_ROLLUP, "sub");
            headers.insert(NATS_MESSAGE_TTL, format!("{MARKERS}s").as_str());
            match self.send(key, Condition::Revision(last.revision), headers, Vec::new()).await {
                Ok(_) => return Ok(true),
                // Somebody wrote in between.
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn send(
        &self,
        key: &Key,
        condition: Condition,
        mut headers: Headers,
        value: Vec<u8>,
    ) -> Result<u64, StoreError> {
        // Sent twice because an answer was lost, it is written once.
        headers.insert(NATS_MESSAGE_ID, &*id::fresh());
        if let Condition::Revision(revision) = condition {
            headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, revision.to_string().as_str());
        }
        let bytes = value.len();
        let message = Message { subject: self.subject(key).into(), headers, payload: value.into() };
        let now = self.link.clock.now();
        match self.link.store(&message, now, now + PATIENCE).await {
            Ok(stored) => Ok(stored.sequence),
            Err(NotStored::Conflict) => Err(StoreError::Conflict(key.clone())),
            Err(NotStored::TooLarge) => {
                Err(StoreError::TooLarge { key: key.clone(), bytes, limit: self.link.max_payload() })
            }
            Err(NotStored::Api(error)) => Err(unavailable(error)),
            Err(error) => Err(StoreError::Unavailable(Box::new(error))),
        }
    }
}
