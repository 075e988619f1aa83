//! Room in a queue. Owns the count of what is not settled and the line of publishers that wait for it to fall; must
//! not know what they publish.
//!
//! Invariant: as long as there is room and somebody waits, the first in line has been told. It alone may use the
//! room; it keeps its place until it leaves, and then the next is told.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::Notify;

pub(super) struct Room {
    pub(super) unsettled: usize,
    capacity: usize,
    line: VecDeque<(u64, Arc<Notify>)>,
    last: u64,
}

/// A place in the line of one queue.
pub(super) struct Seat {
    /// Which subscription.
    pub(super) index: usize,
    number: u64,
    /// Tells whoever sits here to try again.
    pub(super) told: Arc<Notify>,
}

impl Room {
    pub(super) fn new(capacity: usize) -> Self {
        Self { unsettled: 0, capacity: capacity.max(1), line: VecDeque::new(), last: 0 }
    }

    /// Whether publishers wait.
    pub(super) fn has_line(&self) -> bool {
        !self.line.is_empty()
    }

    /// Whether a publisher that waits here may go on.
    pub(super) fn is_free_for(&self, seat: &Seat) -> bool {
        self.is_free() && self.line.front().is_some_and(|(number, _)| *number == seat.number)
    }

    /// Whether a publisher that waits nowhere may go on: it must not overtake those who wait.
    pub(super) fn is_free_for_newcomers(&self) -> bool {
        self.is_free() && self.line.is_empty()
    }

    /// Whether a publisher that waits elsewhere may go on. It has waited enough to overtake: were it to line up
    /// here each time, two lines could send their publishers back and forth.
    pub(super) fn is_free(&self) -> bool {
        self.unsettled < self.capacity
    }

    pub(super) fn settled(&mut self) {
        self.unsettled -= 1;
        self.tell_first();
    }

    /// Lines up at the end.
    pub(super) fn enter(&mut self, index: usize) -> Seat {
        self.last += 1;
        let told = Arc::<Notify>::default();
        self.line.push_back((self.last, told.clone()));
        Seat { index, number: self.last, told }
    }

    pub(super) fn leave(&mut self, seat: &Seat) {
        if let Ok(place) = self.line.binary_search_by_key(&seat.number, |(number, _)| *number) {
            self.line.remove(place);
            self.tell_first();
        }
    }

    /// Tells all of them, because the broker was closed.
    pub(super) fn tell_all(&self) {
        self.line.iter().for_each(|(_, told)| told.notify_one());
    }

    fn tell_first(&self) {
        if let Some((_, told)) = self.line.front()
            && self.is_free()
        {
            told.notify_one();
        }
    }
}
