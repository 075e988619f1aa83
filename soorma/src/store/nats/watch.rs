//! Watching a prefix: goes on where it was, whatever happens to the connection and the consumer; where that cannot be,
//! the watch is at its end, and whoever watches reads everything anew.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_nats::Message;
use soorma_common::Timestamp;

use super::{
    bucket::{Bucket, MARKERS, is_gone},
    source::{SILENCE, Source, Told},
};
use crate::{
    BoxFuture,
    race::{First, race},
    store::{Change, Entry, Key, StoreError, Watch, Watched},
};

/// Away for longer, it may have missed what was deleted: the traces of that are kept for twice the time.
const TOO_LONG: Duration = Duration::from_secs(MARKERS / 2);

/// How long a bucket out of reach is left alone.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct NatsWatch {
    bucket: Arc<Bucket>,
    prefix: Key,
    /// When the bucket was made.
    born: String,
    /// `None` once it has to be made again.
    source: Option<Source>,
    epoch: u64,
    /// The last revision that was seen.
    seen: u64,
    /// When the server was heard last. By wall time, which goes on while a machine sleeps.
    heard: Timestamp,
    /// Whether the server has told of everything that was there.
    caught_up: bool,
    keys: VecDeque<Key>,
    states: HashMap<Key, Option<Entry>>,
}

/// Why a watch cannot go on where it was.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the bucket was made anew")]
    Bucket,
    #[error("the server was away for so long that deletions may have been missed")]
    Away,
}

impl NatsWatch {
    pub(super) async fn begin(bucket: &Arc<Bucket>, prefix: &Key) -> Result<Watched, StoreError> {
        let epoch = bucket.link.epoch();
        let born = bucket.born().await?;
        let source = Source::open(bucket, prefix, None).await?;
        let (keys, states) = Default::default();
        let mut watch = Self {
            bucket: bucket.clone(),
            prefix: prefix.clone(),
            born,
            epoch,
            seen: source.begins_after,
            heard: bucket.link.clock.timestamp(),
            caught_up: source.is_empty,
            source: Some(source),
            keys,
            states,
        };
        while !watch.caught_up {
            watch.more().await?;
        }
        watch.keys.clear();
        let there = watch.states.drain().filter_map(|(key, entry)| Some((key, entry?)));
        let mut entries: Vec<_> = there.collect();
        entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Watched { entries, changes: Box::new(watch) })
    }

    async fn next(&mut self) -> Result<Change, StoreError> {
        loop {
            // All that has come, so that only the newest of each key is reported.
            while let Some(told) = self.source.as_mut().and_then(Source::come) {
                self.note(told);
            }
            if let Some(key) = self.keys.pop_front() {
                let entry = self.states.remove(&key).flatten();
                return Ok(Change { key, entry });
            }
            match self.more().await {
                Ok(()) => {}
                Err(StoreError::Unavailable(error)) if error.is::<Ended>() => {
                    return Err(StoreError::Unavailable(error));
                }
                Err(error) => {
                    tracing::warn!(%error, "a watch is out of reach; trying again");
                    self.bucket.link.clock.sleep(PAUSE).await;
                }
            }
        }
    }

    /// Waits for one more word of the server; makes the consumer again where there is none. Cancel safe.
    async fn more(&mut self) -> Result<(), StoreError> {
        let Some(source) = &mut self.source else { return self.go_on().await };
        let link = &self.bucket.link;
        let trouble = race(link.reconnected(self.epoch), link.clock.sleep(SILENCE));
        match race(source.next(), trouble).await {
            First::Left(told) => self.note(told),
            First::Right(_) => self.source = None,
        }
        Ok(())
    }

    fn note(&mut self, told: Told) {
        match told {
            Told::Written { message, revision, last } => {
                self.seen = revision;
                self.caught_up |= last;
                self.state_of(message, revision);
            }
            Told::Idle => self.caught_up = true,
            Told::Asks => {}
            Told::Lost => {
                self.source = None;
                return;
            }
        }
        self.heard = self.bucket.link.clock.timestamp();
    }

    fn state_of(&mut self, message: Message, revision: u64) {
        let Some(key) = self.bucket.key_of(&message.subject) else { return };
        let there = !is_gone(message.headers.as_ref());
        let entry = there.then(|| Entry { value: message.payload.to_vec(), revision });
        if self.states.insert(key.clone(), entry).is_none() {
            self.keys.push_back(key);
        }
    }

    /// Makes the consumer again, from the last that was seen.
    async fn go_on(&mut self) -> Result<(), StoreError> {
        let ended = |ended: Ended| StoreError::Unavailable(Box::new(ended));
        self.epoch = self.bucket.link.epoch();
        let heard = SystemTime::from(self.heard);
        let now = SystemTime::from(self.bucket.link.clock.timestamp());
        if now.duration_since(heard).is_ok_and(|away| away > TOO_LONG) {
            return Err(ended(Ended::Away));
        }
        if self.bucket.born().await? != self.born {
            return Err(ended(Ended::Bucket));
        }
        let source = Source::open(&self.bucket, &self.prefix, Some(self.seen)).await?;
        self.caught_up |= source.is_empty;
        self.source = Some(source);
        Ok(())
    }
}

impl Watch for NatsWatch {
    fn next(&mut self) -> BoxFuture<'_, Result<Change, StoreError>> {
        Box::pin(NatsWatch::next(self))
    }
}
