//! A delivery that waits for its member.

use std::{sync::Arc, time::Instant};

use soorma_common::EventEnvelope;

use super::receipt::{Hold, InboxReceipt, NatsReceipt};
use crate::broker::Delivery;

pub(super) struct Item {
    pub(super) event: Arc<EventEnvelope>,
    pub(super) delivered: u32,
    pub(super) consumer: usize,
    pub(super) hold: Arc<Hold>,
    /// Whether it can be settled.
    pub(super) settles: bool,
}

impl Item {
    /// What the member draws; nothing of what waited past its lease, which is somebody else's by now.
    pub(super) fn into_delivery(self, now: Instant) -> Option<Delivery> {
        let (sequence, until) = (self.hold.sequence, self.hold.ends());
        match self.settles {
            true if !self.hold.is_ours_at(now) => None,
            true => Some(Delivery::new(self.event, sequence, self.delivered, until, NatsReceipt(self.hold))),
            false => Some(Delivery::new(self.event, sequence, self.delivered, until, InboxReceipt)),
        }
    }
}
