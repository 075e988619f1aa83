//! What an ephemeral member has in hand: its leases and backoffs, in memory. Must not know the log.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{seat::Seat, shared::Shared};
use crate::{
    BoxFuture,
    broker::{DeadLetter, Receipt, SettleError},
    sqlite::millis,
};

/// What was handed out and is not settled, by sequence.
#[derive(Debug, Default)]
pub(super) struct Hand(Mutex<BTreeMap<i64, Item>>);

#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) delivered: u32,
    /// When its lease ends, or its backoff.
    pub(super) at: i64,
    /// Whether somebody has it.
    pub(super) held: bool,
}

impl Hand {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<i64, Item>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way to settle one delivery.
pub(super) struct Held {
    pub(super) shared: Arc<Shared>,
    pub(super) hand: Arc<Hand>,
    pub(super) seat: Arc<Seat>,
    pub(super) sequence: i64,
    pub(super) delivered: u32,
    pub(super) lease: Duration,
}

impl Held {
    /// Does something with what is held; nothing where it is not held any more.
    fn with(&self, act: impl FnOnce(&mut BTreeMap<i64, Item>, i64)) -> Result<(), SettleError> {
        self.shared.check_open()?;
        let now = self.shared.file_clock().now();
        let mut hand = self.hand.lock();
        match hand.get(&self.sequence) {
            Some(item) if item.held && item.delivered == self.delivered && item.at > now => {}
            _ => return Err(SettleError::Lost),
        }
        act(&mut hand, now);
        Ok(())
    }

    fn settle(&self) -> Result<(), SettleError> {
        self.with(|hand, _| {
            hand.remove(&self.sequence);
        })
    }

    fn keep(&self, time: Duration, held: bool) -> Result<(), SettleError> {
        self.with(|hand, now| {
            let item = Item { delivered: self.delivered, at: now.saturating_add(millis(time)), held };
            hand.insert(self.sequence, item);
        })?;
        if !held {
            self.seat.tell();
        }
        Ok(())
    }
}

impl Receipt for Held {
    fn ack(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async { self.settle() })
    }

    fn hand_back(&self, delay: Duration) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async move { self.keep(delay, false) })
    }

    fn extend(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async { self.keep(self.lease, true) })
    }

    /// What an ephemeral member has is never dead-lettered: it is settled.
    fn dead_letter(&self, _: DeadLetter) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async { self.settle() })
    }
}
