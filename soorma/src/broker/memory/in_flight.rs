//! What is handed out and not settled. Owns the leases of one queue; must not know where an item goes afterwards.
//!
//! A slab, so that a ticket finds its item without hashing, and a list through it in the order in which the leases
//! end. Leases of one queue have one length, so a new or extended one belongs at the end of the list: every
//! operation takes constant time, and nothing is left behind for a sweep.

use std::time::Instant;

use super::queue::Item;

const NONE: usize = usize::MAX;

/// One handing-out. A later one of the same item has another ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    slot: usize,
    stamp: u64,
}

struct Slot {
    /// `None` where the slot is free.
    item: Option<Item>,
    stamp: u64,
    deadline: Instant,
    before: usize,
    /// The next to end, or the next free slot.
    after: usize,
}

pub(super) struct InFlight {
    slots: Vec<Slot>,
    free: usize,
    first: usize,
    last: usize,
    len: usize,
}

impl InFlight {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: NONE, first: NONE, last: NONE, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// When the first lease ends.
    pub(super) fn first_end(&self) -> Option<Instant> {
        self.slots.get(self.first).map(|slot| slot.deadline)
    }

    /// `stamp` must be new in the whole topic: a slot, and a queue's place in the topic, are used again.
    pub(super) fn insert(&mut self, item: Item, stamp: u64, deadline: Instant) -> Ticket {
        let filled = Slot { item: Some(item), stamp, deadline, before: NONE, after: NONE };
        let slot = match self.slots.get_mut(self.free) {
            Some(free) => {
                let slot = self.free;
                self.free = free.after;
                *free = filled;
                slot
            }
            None => {
                self.slots.push(filled);
                self.slots.len() - 1
            }
        };
        self.link(slot);
        self.len += 1;
        Ticket { slot, stamp }
    }

    /// Takes the item out, if it is still held by that ticket.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Item> {
        self.holds(ticket).then(|| self.take(ticket.slot)).flatten()
    }

    /// Moves the end of a lease; false if the ticket holds nothing any more.
    pub(super) fn extend(&mut self, ticket: Ticket, deadline: Instant) -> bool {
        if !self.holds(ticket) {
            return false;
        }
        self.unlink(ticket.slot);
        self.slots[ticket.slot].deadline = deadline;
        self.link(ticket.slot);
        true
    }

    /// Takes out the first whose lease has ended.
    pub(super) fn pop_ended(&mut self, now: Instant) -> Option<Item> {
        if self.first_end()? > now {
            return None;
        }
        self.pop_first()
    }

    /// Takes out the first to end.
    pub(super) fn pop_first(&mut self) -> Option<Item> {
        self.first_end()?;
        self.take(self.first)
    }

    fn holds(&self, ticket: Ticket) -> bool {
        self.slots.get(ticket.slot).is_some_and(|slot| slot.item.is_some() && slot.stamp == ticket.stamp)
    }

    fn take(&mut self, slot: usize) -> Option<Item> {
        self.unlink(slot);
        self.len -= 1;
        let freed = &mut self.slots[slot];
        freed.after = self.free;
        self.free = slot;
        freed.item.take()
    }

    fn link(&mut self, slot: usize) {
        let deadline = self.slots[slot].deadline;
        let mut before = self.last;
        // Walks only where the length of the lease has changed, or two members read the clock in another order.
        while before != NONE && self.slots[before].deadline > deadline {
            before = self.slots[before].before;
        }
        let after = if before == NONE { self.first } else { self.slots[before].after };
        self.slots[slot].before = before;
        self.slots[slot].after = after;
        self.join(before, slot);
        self.join(slot, after);
    }

    fn unlink(&mut self, slot: usize) {
        let (before, after) = (self.slots[slot].before, self.slots[slot].after);
        self.join(before, after);
    }

    fn join(&mut self, before: usize, after: usize) {
        match before {
            NONE => self.first = after,
            _ => self.slots[before].after = after,
        }
        match after {
            NONE => self.last = before,
            _ => self.slots[after].before = before,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::tests::event, *};

    fn item(sequence: u64) -> Item {
        Item { event: event("a"), sequence, delivered: 1, lane: None }
    }

    #[test]
    fn leases_end_in_the_order_of_their_deadlines_however_they_began() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut held = InFlight::new();
        let tickets: Vec<_> =
            [30, 10, 20, 40].into_iter().map(|ms| held.insert(item(ms), ms, at(ms))).collect();
        assert_eq!(held.first_end(), Some(at(10)));
        assert!(held.extend(tickets[1], at(35)));
        assert_eq!(held.remove(tickets[3]).map(|item| item.sequence), Some(40));
        assert!(held.pop_ended(at(19)).is_none());
        let ended: Vec<_> =
            std::iter::from_fn(|| held.pop_ended(at(100))).map(|item| item.sequence).collect();
        assert_eq!(ended, [20, 30, 10]);
        assert_eq!((held.len(), held.first_end()), (0, None));
    }

    #[test]
    fn a_ticket_of_a_reused_slot_holds_nothing() {
        let now = Instant::now();
        let mut held = InFlight::new();
        let old = held.insert(item(1), 1, now);
        assert!(held.remove(old).is_some());
        let new = held.insert(item(2), 2, now);
        assert_eq!(held.slots.len(), 1);
        assert!(held.remove(old).is_none() && !held.extend(old, now));
        assert_eq!(held.remove(new).map(|item| item.sequence), Some(2));
    }
}
