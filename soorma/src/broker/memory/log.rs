//! What a topic holds. Owns the stored events and when they go; must not know subscriptions, only how many have an
//! event still to settle.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use soorma_common::{Address, EventEnvelope};

/// By how much a deque may be longer than needed: below this, tidying is not worth it.
const SLACK: usize = 1_024;

/// A stored event.
pub(super) struct Stored {
    pub(super) event: Arc<EventEnvelope>,
    pub(super) to: Address,
    pub(super) sequence: u64,
    /// Until when nobody hears it, where its publisher said so.
    pub(super) due: Option<Instant>,
    /// How many durable subscriptions have it still to settle.
    unsettled: u32,
}

/// What has gone from the log. To be dropped once the topic's lock is free: to free an envelope takes longer than
/// all else that is done under it.
#[must_use = "drop it outside the lock"]
#[derive(Default)]
pub(super) struct Trimmed {
    _gone: [Option<Arc<EventEnvelope>>; 2],
}

pub(super) struct Log {
    /// By sequence, with gaps where settled ones were taken out from between unsettled ones.
    stored: VecDeque<Stored>,
    retention: usize,
    last: u64,
    /// How many are not settled by all.
    unsettled: usize,
}

impl Log {
    pub(super) fn new(retention: usize) -> Self {
        Self { stored: VecDeque::new(), retention, last: 0, unsettled: 0 }
    }

    /// The sequence of the next event.
    pub(super) fn next_sequence(&self) -> u64 {
        self.last + 1
    }

    pub(super) fn push(
        &mut self,
        event: Arc<EventEnvelope>,
        to: Address,
        unsettled: u32,
        due: Option<Instant>,
    ) -> Trimmed {
        self.last += 1;
        self.unsettled += usize::from(unsettled > 0);
        self.stored.push_back(Stored { event, to, sequence: self.last, due, unsettled });
        self.trim(0)
    }

    /// One subscription has settled it.
    pub(super) fn settle(&mut self, sequence: u64) -> Trimmed {
        if let Some(index) = self.position(sequence) {
            let stored = &mut self.stored[index];
            if stored.unsettled == 1 {
                self.unsettled -= 1;
            }
            stored.unsettled = stored.unsettled.saturating_sub(1);
        }
        // As long as somebody publishes, it is for the publisher to trim: memory goes back cheapest on the thread
        // that it came from.
        self.trim(SLACK)
    }

    /// Everything that is held, for a new subscription; `takes` says whether it takes an event.
    pub(super) fn replay(&mut self, mut takes: impl FnMut(&Stored) -> bool) {
        let kept_from = self.last.saturating_sub(self.retention as u64);
        let held = |stored: &&mut Stored| stored.unsettled > 0 || stored.sequence > kept_from;
        for stored in self.stored.iter_mut().filter(held) {
            if takes(stored) {
                self.unsettled += usize::from(stored.unsettled == 0);
                stored.unsettled += 1;
            }
        }
    }

    fn position(&self, sequence: u64) -> Option<usize> {
        let first = self.stored.front()?.sequence;
        let without_gaps = usize::try_from(sequence.checked_sub(first)?).ok()?;
        match self.stored.get(without_gaps) {
            Some(stored) if stored.sequence == sequence => Some(without_gaps),
            _ => self.stored.binary_search_by_key(&sequence, |stored| stored.sequence).ok(),
        }
    }

    /// One event comes or is settled at a time, so two at a time are enough to catch up.
    fn trim(&mut self, slack: usize) -> Trimmed {
        let mut gone = [None, None];
        for slot in &mut gone {
            if self.stored.len() > self.retention + slack
                && self.stored.front().is_some_and(|front| front.unsettled == 0)
            {
                *slot = self.stored.pop_front().map(|stored| stored.event);
            }
        }
        // An event in a long backoff must not keep all that came after it.
        if self.stored.len() > self.retention + 2 * self.unsettled + SLACK {
            let kept_from = self.last - self.retention as u64;
            self.stored.retain(|stored| stored.unsettled > 0 || stored.sequence > kept_from);
        }
        give_back(&mut self.stored);
        Trimmed { _gone: gone }
    }
}

/// Returns the memory of a backlog that is gone.
pub(super) fn give_back<T>(deque: &mut VecDeque<T>) {
    if deque.capacity() > 4 * deque.len().max(SLACK) {
        deque.shrink_to(2 * deque.len());
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::event, *};

    fn held(log: &Log) -> Vec<u64> {
        log.stored.iter().map(|stored| stored.sequence).collect()
    }

    fn push(log: &mut Log, unsettled: u32) {
        drop(log.push(event("a"), Address::Everyone, unsettled, None));
    }

    #[test]
    fn the_last_events_stay_and_older_ones_until_all_have_settled_them() {
        let mut log = Log::new(3);
        for unsettled in [0, 2, 0, 0, 0, 0] {
            push(&mut log, unsettled);
        }
        assert_eq!(held(&log), [2, 3, 4, 5, 6]);
        drop(log.settle(2));
        assert_eq!(held(&log), [2, 3, 4, 5, 6]);
        drop(log.settle(2));
        push(&mut log, 0);
        push(&mut log, 0);
        assert_eq!(held(&log), [6, 7, 8]);
    }

    #[test]
    fn one_unsettled_event_does_not_keep_all_that_came_after_it() {
        let mut log = Log::new(3);
        push(&mut log, 1);
        for _ in 0..10_000 {
            push(&mut log, 1);
            drop(log.settle(log.last));
        }
        assert!(log.stored.len() <= 3 + 2 + SLACK, "{}", log.stored.len());
        assert_eq!(log.stored.front().map(|stored| stored.sequence), Some(1));
        drop(log.settle(1));
        for _ in 0..SLACK {
            push(&mut log, 0);
        }
        assert_eq!(held(&log), [11_023, 11_024, 11_025]);
    }

    #[test]
    fn the_memory_of_a_backlog_is_given_back() {
        let mut log = Log::new(3);
        for _ in 0..100_000 {
            push(&mut log, 1);
        }
        for sequence in 1..=100_000 {
            drop(log.settle(sequence));
        }
        assert!(log.stored.len() <= 3 + SLACK);
        assert!(log.stored.capacity() <= 4 * SLACK, "{}", log.stored.capacity());
    }
}
