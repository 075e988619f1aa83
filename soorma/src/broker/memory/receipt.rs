//! The way to settle one delivery. Owns a ticket; must not know what settling it sets free.

use std::{sync::Arc, time::Duration};

use soorma_common::EventTopic;

use super::{in_flight::Ticket, shared::Shared};
use crate::{
    BoxFuture,
    broker::{DeadLetter, Receipt, SettleError},
};

pub(super) struct MemoryReceipt {
    shared: Arc<Shared>,
    index: usize,
    ticket: Ticket,
    topic: EventTopic,
}

impl MemoryReceipt {
    pub(super) fn new(shared: Arc<Shared>, topic: EventTopic, index: usize, ticket: Ticket) -> Self {
        Self { shared, index, ticket, topic }
    }

    /// Settles; `letter` goes into the dead letters in the same moment.
    fn settle(&self, letter: Option<DeadLetter>) -> Result<(), SettleError> {
        self.shared.check_open()?;
        let now = self.shared.clock.now();
        let mut topic = self.shared.topic(self.topic);
        let Some(trimmed) = topic.settle(self.index, self.ticket, now) else { return Err(SettleError::Lost) };
        if let Some(letter) = letter {
            self.shared.letters().add(letter);
        }
        drop(topic);
        drop(trimmed);
        Ok(())
    }

    fn hand_back(&self, delay: Duration) -> Result<(), SettleError> {
        self.shared.check_open()?;
        let now = self.shared.clock.now();
        let mut topic = self.shared.topic(self.topic);
        let done = topic.queue(self.index).is_some_and(|queue| queue.hand_back(self.ticket, delay, now));
        if done { Ok(()) } else { Err(SettleError::Lost) }
    }

    fn extend(&self) -> Result<(), SettleError> {
        self.shared.check_open()?;
        let now = self.shared.clock.now();
        let mut topic = self.shared.topic(self.topic);
        let done = topic.queue(self.index).is_some_and(|queue| queue.extend(self.ticket, now));
        if done { Ok(()) } else { Err(SettleError::Lost) }
    }
}

impl Receipt for MemoryReceipt {
    fn ack(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async { self.settle(None) })
    }

    fn hand_back(&self, delay: Duration) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async move { self.hand_back(delay) })
    }

    fn extend(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async { self.extend() })
    }

    fn dead_letter(&self, letter: DeadLetter) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async move { self.settle(Some(letter)) })
    }
}
