//! What the streams say, read message by message by a plain client.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

use anyhow::Context;
use async_nats::jetstream::{
    self,
    consumer::{AckPolicy, pull},
};
use futures_util::StreamExt;
use serde_json::Value;

use crate::plain::{Plain, STREAMS};

const LETTERS: &str = "soorma_dead-letters";
const BATCH: usize = 1_000;

/// More events than any order goes through.
const LONGEST: usize = 20;

/// What the streams say.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) placed: usize,
    pub(crate) completed: usize,
    pub(crate) refused: usize,
    pub(crate) missing: Vec<String>,
    /// Orders with two outcomes that are not one event.
    pub(crate) contradicted: Vec<String>,
    /// Outcomes of orders that nobody placed.
    pub(crate) strangers: Vec<String>,
    /// Outcomes that are stored more than once, each time as the same event.
    pub(crate) repeated: Vec<Repeat>,
    /// Of each event type, how many messages there are, and how many events.
    pub(crate) types: BTreeMap<String, (usize, usize)>,
    pub(crate) letters: Vec<String>,
    /// Every event, by the hash of its id.
    found: HashMap<u64, Found>,
}

/// An outcome that is stored twice.
#[derive(Debug)]
pub(crate) struct Repeat {
    pub(crate) order: String,
    pub(crate) event_type: String,
    /// When it was stored first, and when again, in seconds since 1970.
    pub(crate) stored: (f64, f64),
    /// Where the events lie that led to it: stream and sequence.
    pub(crate) causes: Vec<(String, u64)>,
}

/// An event: where it is stored, and which event its publisher handled.
#[derive(Debug)]
struct Found {
    at: Vec<(usize, u64)>,
    cause: u64,
}

/// An outcome as it is stored.
struct Outcome {
    id: String,
    event_type: String,
    cause: String,
    stored: f64,
}

impl Records {
    pub(crate) async fn read(plain: &Plain, placed: &BTreeSet<String>) -> anyhow::Result<Self> {
        let mut records = Self { placed: placed.len(), ..Self::default() };
        let mut outcomes: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
        for (number, stream) in STREAMS.into_iter().enumerate() {
            each(plain, stream, |message| {
                let info = message.info().map_err(|error| anyhow::anyhow!(error))?;
                let event: Value = serde_json::from_slice(&message.payload)?;
                let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
                let event_type = text("type");
                let counts = records.types.entry(event_type.clone()).or_default();
                counts.0 += 1;
                let at = (number, info.stream_sequence);
                match records.found.entry(hash(&text("id"))) {
                    Entry::Occupied(mut known) => known.get_mut().at.push(at),
                    Entry::Vacant(new) => {
                        counts.1 += 1;
                        new.insert(Found { at: vec![at], cause: hash(&text("parent_event_id")) });
                    }
                }
                if ["order.completed", "order.refused"].contains(&event_type.as_str()) {
                    let order = event["data"]["order"]["order_id"].as_str();
                    let order = order.context("an outcome without an order")?.to_owned();
                    let stored = info.published.unix_timestamp_nanos() as f64 / 1e9;
                    let (id, cause) = (text("id"), text("parent_event_id"));
                    outcomes.entry(order).or_default().push(Outcome { id, event_type, cause, stored });
                }
                Ok(())
            })
            .await?;
        }
        records.judge(placed, &outcomes);
        each(plain, LETTERS, |message| {
            let headers = message.headers.as_ref();
            let note = headers.and_then(|headers| headers.get("Soorma-Dead-Letter"));
            records.letters.push(note.map_or_else(|| message.subject.to_string(), ToString::to_string));
            Ok(())
        })
        .await?;
        Ok(records)
    }

    fn judge(&mut self, placed: &BTreeSet<String>, outcomes: &BTreeMap<String, Vec<Outcome>>) {
        self.missing = placed.iter().filter(|order| !outcomes.contains_key(*order)).cloned().collect();
        for (order, outcomes) in outcomes {
            if !placed.contains(order) {
                self.strangers.push(order.clone());
                continue;
            }
            let Some((first, rest)) = outcomes.split_first() else { continue };
            if rest.iter().any(|other| other.id != first.id) {
                self.contradicted.push(order.clone());
                continue;
            }
            match first.event_type.as_str() {
                "order.completed" => self.completed += 1,
                _ => self.refused += 1,
            }
            for other in rest {
                let causes = self.led_to(&other.cause);
                self.repeated.push(Repeat {
                    order: order.clone(),
                    event_type: other.event_type.clone(),
                    stored: (first.stored, other.stored),
                    causes,
                });
            }
        }
    }
}

impl Records {
    /// An event and all before it. Bounded, whatever the records say.
    fn led_to(&self, id: &str) -> Vec<(String, u64)> {
        let first = self.found.get(&hash(id));
        std::iter::successors(first, |event| self.found.get(&event.cause))
            .take(LONGEST)
            .flat_map(|event| &event.at)
            .map(|(stream, sequence)| (STREAMS[*stream].to_owned(), *sequence))
            .collect()
    }
}

/// Reads a stream from its beginning to its end.
async fn each(
    plain: &Plain,
    stream: &str,
    mut read: impl FnMut(&jetstream::Message) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let stream = plain.jetstream.get_stream(stream).await?;
    let config = pull::Config { ack_policy: AckPolicy::None, ..pull::Config::default() };
    let mut consumer = stream.create_consumer(config).await?;
    let total = consumer.info().await?.num_pending;
    let mut seen = 0;
    while seen < total {
        let mut batch = consumer.fetch().max_messages(BATCH).messages().await?;
        let before = seen;
        while let Some(message) = batch.next().await {
            let message = message.map_err(|error| anyhow::anyhow!(error))?;
            read(&message).with_context(|| format!("message on {}", message.subject))?;
            seen += 1;
        }
        anyhow::ensure!(seen > before, "the stream ended after {seen} of {total} messages");
    }
    Ok(())
}

fn hash(text: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(id: &str, event_type: &str, stored: f64) -> Outcome {
        Outcome { id: id.into(), event_type: event_type.into(), cause: format!("cause of {id}"), stored }
    }

    #[test]
    fn every_order_is_in_one_outcome_or_is_named() {
        let placed = ["fine", "twice", "both", "lost"].map(str::to_owned).into();
        let mut outcomes = BTreeMap::new();
        outcomes.insert("fine".to_owned(), vec![outcome("1", "order.completed", 0.0)]);
        let again = vec![outcome("2", "order.refused", 1.0), outcome("2", "order.refused", 131.0)];
        outcomes.insert("twice".to_owned(), again);
        let both = vec![outcome("3", "order.completed", 0.0), outcome("4", "order.refused", 1.0)];
        outcomes.insert("both".to_owned(), both);
        outcomes.insert("stranger".to_owned(), vec![outcome("5", "order.refused", 0.0)]);

        let mut records = Records::default();
        let placed_at = Found { at: vec![(0, 5), (0, 9)], cause: 0 };
        records.found.insert(hash("cause of 2"), Found { at: vec![(2, 77)], cause: hash("placed") });
        records.found.insert(hash("placed"), placed_at);
        records.judge(&placed, &outcomes);
        assert_eq!((records.completed, records.refused), (1, 1));
        assert_eq!(records.missing, ["lost"]);
        assert_eq!(records.contradicted, ["both"]);
        assert_eq!(records.strangers, ["stranger"]);
        let [repeat] = records.repeated.as_slice() else { panic!("one is stored twice") };
        assert_eq!((repeat.order.as_str(), repeat.stored), ("twice", (1.0, 131.0)));
        let causes = [(STREAMS[2], 77), (STREAMS[0], 5), (STREAMS[0], 9)];
        assert_eq!(repeat.causes, causes.map(|(stream, at)| (stream.to_owned(), at)));
    }
}
