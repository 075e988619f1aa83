//! What the handle, the members and the receipts of one broker share. Owns the locks and the clock; must not know
//! what is done under a lock.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use soorma_common::EventTopic;

use super::{MemoryLimits, dead_letters::Letters, dedup::Fingerprints, topic::Topic};
use crate::{broker::BrokerError, clock::Clock};

pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) fingerprints: Fingerprints,
    /// By topic. Where both are needed, the lock of the letters is taken after that of a topic.
    topics: [Mutex<Topic>; EventTopic::ALL.len()],
    letters: Mutex<Letters>,
    closed: AtomicBool,
}

impl Shared {
    pub(super) fn new(clock: Clock, limits: MemoryLimits) -> Self {
        let now = clock.now();
        Self {
            clock,
            fingerprints: Fingerprints::default(),
            topics: EventTopic::ALL.map(|_| Mutex::new(Topic::new(limits, now))),
            letters: Mutex::default(),
            closed: AtomicBool::new(false),
        }
    }

    pub(super) fn topic(&self, topic: EventTopic) -> MutexGuard<'_, Topic> {
        self.topics[topic as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails once the broker is closed. Whoever goes on to wait asks under the topic's lock, having made ready to
    /// be woken, so as not to miss the closing.
    pub(super) fn check_open(&self) -> Result<(), BrokerError> {
        if self.closed.load(Ordering::Acquire) { Err(BrokerError::Closed) } else { Ok(()) }
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for topic in EventTopic::ALL {
            self.topic(topic).wake_all();
        }
    }
}
