//! When entries end. Owns the order of the ends; whether an entry is still the one that ends is asked of the shelf.

use std::{cmp::Reverse, collections::BinaryHeap, time::Instant};

use crate::store::Key;

/// The end of one write: when, its revision, and its key.
type End = (Instant, u64, Key);

/// The first end first. Those of what was written again since, or removed, may lie behind it, but not many.
#[derive(Default)]
pub(super) struct Ends(BinaryHeap<Reverse<End>>);

impl Ends {
    pub(super) fn add(&mut self, end: End) {
        self.0.push(Reverse(end));
    }

    /// Forgets what no longer counts where it is the first, or more than what may. `kept` is how many entries there are.
    pub(super) fn tidy(&mut self, kept: usize, counts: impl Fn(&End) -> bool) {
        if self.0.len() > 2 * kept + 64 {
            self.0.retain(|Reverse(end)| counts(end));
        }
        while self.0.peek().is_some_and(|Reverse(first)| !counts(first)) {
            self.0.pop();
        }
    }

    /// Takes the first out, if it has come.
    pub(super) fn pop(&mut self, now: Instant) -> Option<End> {
        self.first().filter(|first| *first <= now)?;
        self.0.pop().map(|Reverse(end)| end)
    }

    pub(super) fn first(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _, _))| *at)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
