//! What is stored, event by event.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

use anyhow::Context;
use serde_json::Value;

use crate::broker::{Broker, Stored};

/// More events than any order goes through.
const LONGEST: usize = 20;

/// What is stored.
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
    /// Where the events lie that led to it: number of the stream, and sequence.
    pub(crate) causes: Vec<(usize, u64)>,
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
    pub(crate) async fn read(broker: &Broker, placed: &BTreeSet<String>) -> anyhow::Result<Self> {
        let mut records = Self { placed: placed.len(), ..Self::default() };
        let mut outcomes = BTreeMap::new();
        broker.events(|event| records.add(&event, &mut outcomes)).await?;
        records.judge(placed, &outcomes);
        records.letters = broker.letters().await?;
        Ok(records)
    }

    fn add(
        &mut self,
        stored: &Stored<'_>,
        outcomes: &mut BTreeMap<String, Vec<Outcome>>,
    ) -> anyhow::Result<()> {
        let event: Value = serde_json::from_slice(stored.envelope)?;
        let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
        let event_type = text("type");
        let counts = self.types.entry(event_type.clone()).or_default();
        counts.0 += 1;
        match self.found.entry(hash(&text("id"))) {
            Entry::Occupied(mut known) => known.get_mut().at.push(stored.at),
            Entry::Vacant(new) => {
                counts.1 += 1;
                new.insert(Found { at: vec![stored.at], cause: hash(&text("parent_event_id")) });
            }
        }
        if ["order.completed", "order.refused"].contains(&event_type.as_str()) {
            let order = event["data"]["order"]["order_id"].as_str();
            let order = order.context("an outcome without an order")?.to_owned();
            let (id, cause) = (text("id"), text("parent_event_id"));
            outcomes.entry(order).or_default().push(Outcome { id, event_type, cause, stored: stored.stored });
        }
        Ok(())
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
    fn led_to(&self, id: &str) -> Vec<(usize, u64)> {
        let first = self.found.get(&hash(id));
        std::iter::successors(first, |event| self.found.get(&event.cause))
            .take(LONGEST)
            .flat_map(|event| event.at.iter().copied())
            .collect()
    }
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
        assert_eq!(repeat.causes, [(2, 77), (0, 5), (0, 9)]);
    }
}
