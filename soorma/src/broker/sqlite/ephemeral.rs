//! Broadcasts and inboxes: a place in the log, and what was handed out and is not settled. Nothing of it is in the
//! file: it goes with its member.

use std::sync::Arc;

use super::{
    draw::MOST,
    durables::check,
    hand::{Hand, Held, Item},
    hearing::{Hearing, Known, Routes},
    log::{self, Stored},
    seat::{Place, Seat},
    shared::Shared,
};
use crate::{
    BoxFuture,
    broker::{BrokerError, Delivery, Subscription, SubscriptionSpec, Unreadable},
    race::race,
};

pub(super) struct Listener {
    shared: Arc<Shared>,
    seat: Arc<Seat>,
    spec: SubscriptionSpec,
    hand: Arc<Hand>,
}

impl Listener {
    pub(super) async fn join(shared: &Arc<Shared>, spec: &SubscriptionSpec) -> Result<Self, BrokerError> {
        shared.check_open()?;
        check(spec)?;
        let hearing = Arc::new(Hearing { spec: spec.clone(), former: Vec::new() });
        let read = shared
            .database
            .read(move |file| Ok((log::end(file)?, Arc::new(Routes::none(hearing, 0)).by_now(file)?)));
        let (cursor, routes) = read.await?;
        let hand = Arc::<Hand>::default();
        let seat = Arc::new(Seat::new(Place::Ephemeral(hand.clone()), Known::new(routes), cursor));
        shared.take_seat(&seat);
        Ok(Self { shared: shared.clone(), seat, spec: spec.clone(), hand })
    }

    async fn next(&self, max: usize) -> Result<Vec<Delivery>, BrokerError> {
        let max = max.clamp(1, MOST);
        loop {
            self.shared.check_open()?;
            let came = self.look(max).await?;
            if !came.is_empty() {
                return Ok(came);
            }
            if !self.seat.begin() {
                let at = self.hand.lock().values().map(|item| item.at).min();
                let at = at.map(|at| self.shared.file_clock().instant(at));
                let mut closed = self.shared.closed.subscribe();
                let told = race(self.seat.told.notified(), closed.wait_for(|closed| *closed));
                race(self.shared.clock().look_again(at), told).await;
            }
        }
    }

    /// What is there now. Nothing is taken before it is given out.
    async fn look(&self, max: usize) -> Result<Vec<Delivery>, BrokerError> {
        let now = self.shared.file_clock().now();
        let again: Vec<i64> = {
            let hand = self.hand.lock();
            hand.iter().filter(|(_, item)| item.at <= now).map(|(sequence, _)| *sequence).take(max).collect()
        };
        let (known, cursor) = (self.seat.known.get(), self.seat.flags().cursor);
        let again_too = again.clone();
        let read = self.shared.database.read(move |file| {
            let routes = known.by_now(file)?;
            let found = log::after(file, &routes, cursor, max - again_too.len())?;
            let mut stored = Vec::with_capacity(max.min(again_too.len() + found.sequences.len()));
            for sequence in again_too.iter().chain(&found.sequences) {
                stored.push((*sequence, log::read(file, *sequence)?));
            }
            Ok((routes, found, stored))
        });
        let (routes, found, stored) = read.await?;
        self.seat.known.set(routes);
        let stored = stored.into_iter();
        let came = stored.filter_map(|(sequence, stored)| self.delivery(sequence, stored)).collect();
        // After they are in hand: somebody may be counting.
        let mut flags = self.seat.flags();
        flags.cursor = found.upto;
        flags.look |= found.more;
        Ok(came)
    }

    fn delivery(&self, sequence: i64, stored: Option<Stored>) -> Option<Delivery> {
        let mut hand = self.hand.lock();
        let before = hand.remove(&sequence).map_or(0, |item| item.delivered);
        let stored = stored?;
        let event = match Unreadable::read(&stored.bytes, self.spec.id.topic, &stored.event_type) {
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(subscription = %self.spec.id, sequence, %error, "stored was no event");
                return None;
            }
        };
        let delivered = before.saturating_add(1);
        let at = self.shared.file_clock().after(self.spec.lease);
        hand.insert(sequence, Item { delivered, at, held: true });
        let receipt = Held {
            shared: self.shared.clone(),
            hand: self.hand.clone(),
            seat: self.seat.clone(),
            sequence,
            delivered,
            lease: self.spec.lease,
        };
        let until = self.shared.file_clock().instant(at);
        Some(Delivery::new(Arc::new(event), sequence.unsigned_abs(), delivered, until, Box::new(receipt)))
    }
}

impl Subscription for Listener {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Delivery>, BrokerError>> {
        Box::pin(Listener::next(self, max))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.leave_seat(&self.seat);
    }
}
