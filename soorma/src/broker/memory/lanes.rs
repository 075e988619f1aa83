//! The lanes of an ordered subscription. Owns who must wait for whom; must not know what is handed out.

use std::{array, collections::VecDeque};

use super::queue::Item;
use crate::broker::publication::LANES;

/// Per lane, the events that wait for the one before them.
pub(super) struct Lanes([Lane; LANES as usize]);

#[derive(Default)]
struct Lane {
    /// Whether one is ready, handed out or in backoff.
    taken: bool,
    waiting: VecDeque<Item>,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self(array::from_fn(|_| Lane::default()))
    }

    /// Gives the item back where its lane was free; it has the lane then.
    pub(super) fn enter(&mut self, lane: u8, item: Item) -> Option<Item> {
        let lane = &mut self.0[usize::from(lane)];
        if lane.taken {
            lane.waiting.push_back(item);
            return None;
        }
        lane.taken = true;
        Some(item)
    }

    /// The one before is settled: gives the next, which has the lane then.
    pub(super) fn leave(&mut self, lane: u8) -> Option<Item> {
        let lane = &mut self.0[usize::from(lane)];
        let next = lane.waiting.pop_front();
        lane.taken = next.is_some();
        next
    }

    pub(super) fn waiting(&self) -> usize {
        self.0.iter().map(|lane| lane.waiting.len()).sum()
    }

    /// Takes out what waits. The lanes that are taken stay so.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Item> {
        self.0.iter_mut().flat_map(|lane| lane.waiting.drain(..))
    }
}
