//! What became of the orders of this run. Owns the counting; knows nothing of where orders come from.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    time::{Duration, Instant},
};

use crate::orders::Refusal;

/// What became of the orders of this run.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) placed: u64,
    pub(crate) completed: u64,
    pub(crate) out_of_stock: u64,
    pub(crate) card_declined: u64,
    /// Outcomes beyond the first of an order.
    pub(crate) second_outcomes: u64,
    /// Of the completed orders.
    pub(crate) units: u64,
    pub(crate) value_cents: u64,
    pub(crate) charged_cents: u64,
    /// Lines that are no orders.
    pub(crate) bad_lines: u64,
    in_flight: HashSet<String>,
    /// Orders that have ended, and the events that said so. Hashes: sixteen bytes an order, whatever its name.
    ended: HashMap<u64, u64>,
    started: Instant,
    last_ended: Instant,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Completed { units: u64, value_cents: u64, charged_cents: u64 },
    Refused(Refusal),
}

impl Tally {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self {
            placed: 0,
            completed: 0,
            out_of_stock: 0,
            card_declined: 0,
            second_outcomes: 0,
            units: 0,
            value_cents: 0,
            charged_cents: 0,
            bad_lines: 0,
            in_flight: HashSet::new(),
            ended: HashMap::new(),
            started: now,
            last_ended: now,
        }
    }

    /// Notes an order before it is placed; false where this run has placed one of that name.
    pub(crate) fn place(&mut self, order_id: &str) -> bool {
        if self.ended.contains_key(&hash(order_id)) || !self.in_flight.insert(order_id.to_owned()) {
            return false;
        }
        self.placed += 1;
        true
    }

    /// Notes the end of an order; true where it was in flight. The same event again is a redelivery, another one a
    /// second outcome; what this run has not placed is not its business.
    pub(crate) fn end(&mut self, order_id: &str, event_id: &str, outcome: Outcome) -> bool {
        let (order, event) = (hash(order_id), hash(event_id));
        if !self.in_flight.remove(order_id) {
            if self.ended.get(&order).is_some_and(|first| *first != event) {
                self.second_outcomes += 1;
            }
            return false;
        }
        self.ended.insert(order, event);
        self.last_ended = Instant::now();
        match outcome {
            Outcome::Completed { units, value_cents, charged_cents } => {
                self.completed += 1;
                self.units += units;
                self.value_cents += value_cents;
                self.charged_cents += charged_cents;
            }
            Outcome::Refused(Refusal::OutOfStock) => self.out_of_stock += 1,
            Outcome::Refused(Refusal::CardDeclined) => self.card_declined += 1,
        }
        true
    }

    pub(crate) fn ended(&self) -> u64 {
        self.completed + self.out_of_stock + self.card_declined
    }

    /// The orders without an outcome.
    pub(crate) fn in_flight(&self) -> impl ExactSizeIterator<Item = &String> {
        self.in_flight.iter()
    }

    /// From the first line to the last outcome.
    pub(crate) fn elapsed(&self) -> Duration {
        self.last_ended.duration_since(self.started)
    }
}

fn hash(text: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Outcome = Outcome::Refused(Refusal::OutOfStock);

    #[test]
    fn a_redelivered_outcome_counts_once_and_another_one_is_noticed() {
        let mut tally = Tally::new();
        assert!(tally.place("o-1"));
        assert!(tally.end("o-1", "e-1", REFUSED));
        assert!(!tally.end("o-1", "e-1", REFUSED));
        assert_eq!((tally.ended(), tally.second_outcomes), (1, 0));
        assert!(!tally.end("o-1", "e-2", REFUSED));
        assert_eq!((tally.ended(), tally.second_outcomes), (1, 1));
    }

    #[test]
    fn an_order_is_placed_once() {
        let mut tally = Tally::new();
        assert!(tally.place("o-1"));
        assert!(!tally.place("o-1"));
        tally.end("o-1", "e-1", REFUSED);
        assert!(!tally.place("o-1"));
        assert_eq!(tally.placed, 1);
    }

    #[test]
    fn what_another_run_placed_is_none_of_this_ones_business() {
        let mut tally = Tally::new();
        assert!(!tally.end("o-9", "e-1", REFUSED));
        assert_eq!((tally.ended(), tally.second_outcomes), (0, 0));
    }
}
