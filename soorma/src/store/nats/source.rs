//! The consumer behind a watch: everything at and below a key, in the order in which it was written. Owns what the
//! server must be told to keep it flowing; must not know what a watcher has seen.

use std::{sync::Arc, time::Duration};

use async_nats::{Message, StatusCode, Subscriber, header::NATS_LAST_CONSUMER};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use soorma_common::id;

use super::bucket::Bucket;
use crate::{
    nats::{ApiError, named},
    store::{Key, StoreError},
};

/// How often the server says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Without a word for so long, the consumer is made again.
pub(super) const SILENCE: Duration = Duration::from_secs(11);

pub(super) struct Source {
    bucket: Arc<Bucket>,
    consumer: String,
    subscriber: Subscriber,
    /// How many have come from this consumer.
    count: u64,
    /// Where it begins: nothing that is of interest lies at or before it.
    pub(super) begins_after: u64,
    /// Whether the server had nothing to tell when it was made.
    pub(super) is_empty: bool,
}

/// What the server sends.
pub(super) enum Told {
    /// What was written, and its revision; `last` where nothing more is there.
    Written { message: Message, revision: u64, last: bool },
    /// There is nothing more.
    Idle,
    /// It waits until it has been told that what it sent was read.
    Asks,
    /// Something was lost on the way, because it came faster than it was read; or the subscription has ended.
    Lost,
}

#[derive(Deserialize)]
struct Made {
    delivered: Place,
    num_pending: u64,
}

#[derive(Deserialize)]
struct Place {
    stream_seq: u64,
}

impl Source {
    /// From a revision on or from the start: what the bucket holds is the newest of each key.
    pub(super) async fn open(
        bucket: &Arc<Bucket>,
        prefix: &Key,
        after: Option<u64>,
    ) -> Result<Self, StoreError> {
        // The server does not see the interest of a listener on a wildcard.
        let (inbox, subscriber) =
            bucket.link.listen("").await.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let consumer = format!("watch-{}", id::short(&id::fresh()));
        let at = bucket.subject(prefix);
        let mut config = json!({
            "name": consumer,
            "deliver_subject": inbox,
            "ack_policy": "none",
            "max_deliver": 1,
            "mem_storage": true,
            "num_replicas": 1,
            // Thousands of entries at once would be more than the server buffers for a slow connection.
            "flow_control": true,
            "idle_heartbeat": u64::try_from(HEARTBEAT.as_nanos()).unwrap_or_default(),
            "inactive_threshold": 60_000_000_000_u64,
            "filter_subjects": [at.clone(), format!("{at}.>")],
            "deliver_policy": "all",
        });
        if let Some(after) = after {
            config["deliver_policy"] = "by_start_sequence".into();
            config["opt_start_seq"] = (after + 1).into();
        }
        let stream = &bucket.stream;
        let body = json!({ "stream_name": stream, "config": config, "action": "create" });
        let endpoint = format!("CONSUMER.CREATE.{stream}.{consumer}");
        let made: Made = bucket.link.api(&endpoint, &body).await.map_err(super::bucket::unavailable)?;
        Ok(Self {
            bucket: bucket.clone(),
            consumer,
            subscriber,
            count: 0,
            begins_after: made.delivered.stream_seq,
            is_empty: made.num_pending == 0,
        })
    }

    /// The next word of the server. Cancel safe.
    pub(super) async fn next(&mut self) -> Told {
        let message = self.subscriber.next().await;
        self.read(message)
    }

    /// The same, if it has come.
    pub(super) fn come(&mut self) -> Option<Told> {
        let message = self.subscriber.next().now_or_never()?;
        Some(self.read(message))
    }

    fn read(&mut self, message: Option<Message>) -> Told {
        let Some(message) = message else { return Told::Lost };
        if let Some(named) = message.reply.as_deref().and_then(named) {
            if named.count != self.count + 1 {
                return Told::Lost;
            }
            self.count = named.count;
            return Told::Written { revision: named.numbers.sequence, last: named.pending == 0, message };
        }
        if message.status != Some(StatusCode::IDLE_HEARTBEAT) {
            return Told::Idle;
        }
        let header = |name: &str| message.headers.as_ref()?.get(name).map(|value| value.as_str().to_owned());
        // Either the server asks by itself, or a heartbeat says that it still waits for the answer.
        if let Some(ask) = message.reply.as_deref().map(str::to_owned).or(header("Nats-Consumer-Stalled")) {
            self.answer(ask);
            return Told::Asks;
        }
        let sent = header(NATS_LAST_CONSUMER.as_ref()).and_then(|sent| sent.parse::<u64>().ok());
        if sent.is_some_and(|sent| sent != self.count) { Told::Lost } else { Told::Idle }
    }

    fn answer(&self, ask: String) {
        let bucket = self.bucket.clone();
        tokio::spawn(async move { bucket.link.send(ask, None, Bytes::new()).await });
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let (bucket, consumer) = (self.bucket.clone(), std::mem::take(&mut self.consumer));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { drop(remove(&bucket, &consumer).await) });
        }
    }
}

async fn remove(bucket: &Bucket, consumer: &str) -> Result<Value, ApiError> {
    bucket.link.api(&format!("CONSUMER.DELETE.{}.{consumer}", bucket.stream), &json!({})).await
}
