//! The items of a queue that wait for a moment. Owns their order; must not know why they wait.

use std::{cmp::Ordering, collections::BinaryHeap, time::Instant};

use super::queue::Item;

/// The first to be due first, and of those the oldest event.
#[derive(Default)]
pub(super) struct Timers(BinaryHeap<Timer>);

struct Timer {
    due: Instant,
    item: Item,
}

impl Timers {
    pub(super) fn insert(&mut self, due: Instant, item: Item) {
        self.0.push(Timer { due, item });
    }

    pub(super) fn first(&self) -> Option<Instant> {
        self.0.peek().map(|timer| timer.due)
    }

    /// The first item, if it is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Item> {
        self.first().filter(|due| *due <= now)?;
        self.0.pop().map(|timer| timer.item)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Changes every item; its sequence stays.
    pub(super) fn change(&mut self, change: impl Fn(&mut Item)) {
        let mut timers = std::mem::take(&mut self.0).into_vec();
        timers.iter_mut().for_each(|timer| change(&mut timer.item));
        self.0 = timers.into();
    }

    /// All, in no order.
    pub(super) fn into_items(self) -> impl Iterator<Item = Item> {
        self.0.into_vec().into_iter().map(|timer| timer.item)
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due, other.item.sequence).cmp(&(self.due, self.item.sequence))
    }
}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Timer {}
