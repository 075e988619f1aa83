//! Watching a prefix: a consumer of the bucket that goes on where it was, whatever happens to the connection.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use async_nats::{Message, Subscriber};
use futures_util::{FutureExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use soorma_common::id;

use super::bucket::{Bucket, is_gone, unavailable};
use crate::{
    BoxFuture,
    nats::{ApiError, named},
    race::{First, race},
    store::{Change, Entry, Key, StoreError, Watch, Watched},
};

/// How often the server says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Without a word for so long, the consumer is made again.
const SILENCE: Duration = Duration::from_secs(11);

pub(super) struct NatsWatch {
    bucket: Arc<Bucket>,
    prefix: Key,
    consumer: String,
    subscriber: Subscriber,
    epoch: u64,
    /// The last revision that was seen.
    seen: u64,
    /// How many this consumer has delivered.
    count: u64,
    /// Whether the server has told of everything that was there.
    caught_up: bool,
    keys: VecDeque<Key>,
    states: HashMap<Key, Option<Entry>>,
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

impl NatsWatch {
    pub(super) async fn begin(bucket: &Arc<Bucket>, prefix: &Key) -> Result<Watched, StoreError> {
        let epoch = bucket.link.epoch();
        let (consumer, subscriber, made) = consume(bucket, prefix, None).await?;
        let (keys, states) = Default::default();
        let mut watch = Self {
            bucket: bucket.clone(),
            prefix: prefix.clone(),
            consumer,
            subscriber,
            epoch,
            seen: made.delivered.stream_seq,
            count: 0,
            caught_up: made.num_pending == 0,
            keys,
            states,
        };
        while !watch.caught_up {
            watch.more().await;
        }
        watch.keys.clear();
        let there = watch.states.drain().filter_map(|(key, entry)| Some((key, entry?)));
        let mut entries: Vec<_> = there.collect();
        entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Watched { entries, changes: Box::new(watch) })
    }

    async fn next(&mut self) -> Change {
        loop {
            // All that has come, so that only the newest of each key is reported.
            while let Some(Some(message)) = self.subscriber.next().now_or_never() {
                if !self.note(message) {
                    self.go_on().await;
                }
            }
            if let Some(key) = self.keys.pop_front() {
                let entry = self.states.remove(&key).flatten();
                return Change { key, entry };
            }
            self.more().await;
        }
    }

    /// Waits for one more message.
    async fn more(&mut self) {
        let link = &self.bucket.link;
        let trouble = race(link.reconnected(self.epoch), link.clock.sleep(SILENCE));
        let goes_on = match race(self.subscriber.next(), trouble).await {
            First::Left(Some(message)) => self.note(message),
            First::Left(None) | First::Right(_) => false,
        };
        if !goes_on {
            self.go_on().await;
        }
    }

    /// False where some have been lost on the way, because they came faster than they were looked at.
    fn note(&mut self, message: Message) -> bool {
        // A heartbeat says that there is nothing more.
        let Some(named) = message.reply.as_deref().and_then(named) else {
            self.caught_up = true;
            return true;
        };
        let sequence = named.sequence;
        if named.count != self.count + 1 {
            return false;
        }
        self.count = named.count;
        self.seen = sequence;
        self.caught_up |= named.pending == 0;
        let Some(key) = self.bucket.key_of(&message.subject) else { return true };
        let there = !is_gone(message.headers.as_ref());
        let entry = there.then(|| Entry { value: message.payload.to_vec(), revision: sequence });
        if self.states.insert(key.clone(), entry).is_none() {
            self.keys.push_back(key);
        }
        true
    }

    /// Makes the consumer again, from the last that was seen.
    async fn go_on(&mut self) {
        self.epoch = self.bucket.link.epoch();
        match consume(&self.bucket, &self.prefix, Some(self.seen)).await {
            Ok((consumer, subscriber, made)) => {
                self.caught_up |= made.num_pending == 0;
                let old = std::mem::replace(&mut self.consumer, consumer);
                self.subscriber = subscriber;
                self.count = 0;
                drop(remove(&self.bucket, &old).await);
            }
            Err(error) => {
                tracing::warn!(%error, "a watch is out of reach; trying again");
                self.bucket.link.clock.sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// A consumer of everything at and below a key, after a revision or from the start: what the bucket holds is the
/// newest of each key.
async fn consume(
    bucket: &Bucket,
    prefix: &Key,
    after: Option<u64>,
) -> Result<(String, Subscriber, Made), StoreError> {
    // The server does not see the interest of a listener on a wildcard.
    let (inbox, subscriber) =
        bucket.link.listen("").await.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
    let name = format!("watch-{}", id::short(&id::fresh()));
    let at = bucket.subject(prefix);
    let mut config = json!({
        "name": name,
        "deliver_subject": inbox,
        "ack_policy": "none",
        "max_deliver": 1,
        "mem_storage": true,
        "num_replicas": 1,
        "flow_control": false,
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
    let made: Made =
        bucket.link.api(&format!("CONSUMER.CREATE.{stream}.{name}"), &body).await.map_err(unavailable)?;
    Ok((name, subscriber, made))
}

async fn remove(bucket: &Bucket, consumer: &str) -> Result<Value, ApiError> {
    bucket.link.api(&format!("CONSUMER.DELETE.{}.{consumer}", bucket.stream), &json!({})).await
}

impl Watch for NatsWatch {
    fn next(&mut self) -> BoxFuture<'_, Result<Change, StoreError>> {
        Box::pin(async { Ok(NatsWatch::next(self).await) })
    }
}

impl Drop for NatsWatch {
    fn drop(&mut self) {
        let (bucket, consumer) = (self.bucket.clone(), std::mem::take(&mut self.consumer));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { drop(remove(&bucket, &consumer).await) });
        }
    }
}
