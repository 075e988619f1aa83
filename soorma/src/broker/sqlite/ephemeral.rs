//! Broadcasts and inboxes: a place in the log, and what was handed out and is not settled. Nothing of it is in the
//! file: it goes with its member.

use std::sync::Arc;

use super::{
    draw::MOST,
    durables::check,
    hand::{Hand, Held, Item},
    hearing::{Hearing, Known, Routes},
    log::{self, Reading, Stored},
    seat::{Place, Seat},
    shared::{PAUSE, Shared},
};
use crate::{
    BoxFuture,
    broker::{BrokerError, Delivery, Subscription, SubscriptionSpec, Unreadable},
    race::race,
    sqlite::FileError,
};

pub(super) struct Listener {
    shared: Arc<Shared>,
    seat: Arc<Seat>,
    spec: SubscriptionSpec,
    hand: Arc<Hand>,
    /// Whether what comes again is first.
    again_first: bool,
    /// There was trouble, and it was told.
    troubled: bool,
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
        let (shared, spec) = (shared.clone(), spec.clone());
        Ok(Self { shared, seat, spec, hand, again_first: false, troubled: false })
    }

    async fn next(&mut self, max: usize) -> Result<Vec<Delivery>, BrokerError> {
        let max = max.clamp(1, MOST);
        loop {
            self.shared.check_open()?;
            match self.look(max).await {
                Ok(came) if came.is_empty() => self.troubled = false,
                Ok(came) => {
                    self.again_first = !self.again_first;
                    return Ok(came);
                }
                Err(error) if error.is_final() => return Err(error.into()),
                Err(error) => {
                    if !std::mem::replace(&mut self.troubled, true) {
                        tracing::warn!(subscription = %self.spec.id, %error, "nothing can be read for now");
                    }
                    let mut closed = self.shared.closed.subscribe();
                    race(self.shared.clock().sleep(PAUSE), closed.wait_for(|closed| *closed)).await;
                    continue;
                }
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
    async fn look(&self, max: usize) -> Result<Vec<Delivery>, FileError> {
        let now = self.shared.file_clock().now();
        let mut again: Vec<i64> = {
            let hand = self.hand.lock();
            hand.iter().filter(|(_, item)| item.at <= now).map(|(sequence, _)| *sequence).take(max).collect()
        };
        let (known, cursor) = (self.seat.known.get(), self.seat.flags().cursor);
        // The two take turns, so that neither holds up the other.
        let turns = match max {
            1 => usize::from(self.again_first),
            max => max / 2,
        };
        let read = self.shared.database.read(move |file| {
            let routes = known.by_now(file)?;
            let mut found = log::after(file, &routes, cursor, max)?;
            again.truncate(turns.max(max.saturating_sub(found.sequences.len())));
            found.keep(max - again.len(), cursor);
            let mut log = Reading::of(file)?;
            let mut stored = Vec::with_capacity(again.len() + found.sequences.len());
            for sequence in again.iter().chain(&found.sequences) {
                stored.push((*sequence, log.read(*sequence)?));
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
        Some(Delivery::new(Arc::new(event), sequence.unsigned_abs(), delivered, until, receipt))
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
