//! One topic: its log and its subscriptions. Owns how an event gets from one to the others; must not know time
//! beyond the instants that it is given, nor how anybody waits. Everything here runs under the topic's lock.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use soorma_common::{Address, EventEnvelope};

use super::{
    MemoryLimits,
    dedup::{Dedup, Fingerprint},
    in_flight::Ticket,
    log::{Log, Trimmed},
    queue::{Queue, after},
    room::Seat,
    routing::{Hearing, Router},
};
use crate::{
    broker::{
        Admission, Backlog, BrokerError, Kind, Publication, Published, Start, SubscriptionId,
        SubscriptionSpec, lane_of,
    },
    sorted::Sorted,
};

pub(super) struct Topic {
    limits: MemoryLimits,
    log: Log,
    dedup: Dedup,
    subscriptions: Vec<Option<Subscribed>>,
    router: Router,
    durable: HashMap<SubscriptionId, usize>,
    /// The ids that durable subscriptions had before they were renamed.
    former: HashMap<SubscriptionId, usize>,
    /// How often something was handed out.
    stamps: u64,
}

struct Subscribed {
    hearing: Hearing,
    ordered: bool,
    durable: bool,
    queue: Queue,
}

/// What became of an event that somebody wants to publish.
pub(super) enum Offered {
    Stored(Published, Trimmed),
    /// There is no room, and its publisher has time.
    Full(Full),
}

/// An event that there is no room for.
pub(super) struct Full {
    pub(super) publication: Publication,
    /// How long its publisher waits.
    pub(super) within: Duration,
    /// Where it must line up now; `None` where it stays in the line where it is.
    pub(super) seat: Option<Seat>,
}

impl Topic {
    pub(super) fn new(limits: MemoryLimits, now: Instant) -> Self {
        Self {
            limits,
            log: Log::new(limits.retention),
            dedup: Dedup::new(limits.dedup_window, limits.dedup_events, now),
            subscriptions: Vec::new(),
            router: Router::default(),
            durable: HashMap::new(),
            former: HashMap::new(),
            stamps: 0,
        }
    }

    /// Stores an event, unless it is a duplicate, or there is no room and it asks for room. `seat` is where its
    /// publisher waits already.
    pub(super) fn offer(
        &mut self,
        publication: Publication,
        fingerprint: Fingerprint,
        now: Instant,
        seat: Option<&Seat>,
    ) -> Offered {
        if let Some(sequence) = self.dedup.find(fingerprint, now) {
            return Offered::Stored(Published { sequence, duplicate: true }, Trimmed::default());
        }
        if let Admission::Within(within) = publication.admission
            && let Some(index) = self.first_full(&publication, seat)
        {
            // Under the same lock as the look: whoever settles next sees that somebody waits.
            let stays = seat.is_some_and(|seat| seat.index == index);
            let queue = if stays { None } else { self.queue(index) };
            let seat = queue.map(|queue| queue.room.enter(index));
            return Offered::Full(Full { publication, within, seat });
        }
        let sequence = self.log.next_sequence();
        self.dedup.remember(fingerprint, sequence);
        let Publication { event, to, delay, .. } = publication;
        let due = (!delay.is_zero()).then(|| after(now, delay));
        let mut lane = None;
        let mut takers = 0;
        for (index, listed) in self.router.candidates(&event.event_type) {
            let Some(taker) = self.subscriptions[index].as_mut() else { continue };
            if taker.hearing.takes(&event, &to, listed) {
                takers += u32::from(taker.durable);
                let lane = if taker.ordered { *lane.get_or_insert_with(|| lane_in(&event)) } else { None };
                taker.queue.push(event.clone(), sequence, lane, due);
            }
        }
        let trimmed = self.log.push(event, to, takers, due);
        Offered::Stored(Published { sequence, duplicate: false }, trimmed)
    }

    /// Stores a dead letter once more, for the subscription that gave up and for no other; false where that does
    /// not exist.
    pub(super) fn store_again(&mut self, event: Arc<EventEnvelope>, subscription: &SubscriptionId) -> bool {
        let Some(index) = self.find(subscription) else { return false };
        let Some(taker) = self.subscriptions[index].as_mut() else { return false };
        let lane = if taker.ordered { lane_in(&event) } else { None };
        taker.queue.push(event.clone(), self.log.next_sequence(), lane, None);
        let to = Address::Subscription(taker.hearing.id().durable_name());
        drop(self.log.push(event, to, 1, None));
        true
    }

    /// Makes a durable subscription exist, and gives its index.
    pub(super) fn provision(&mut self, spec: &SubscriptionSpec, now: Instant) -> Result<usize, BrokerError> {
        check(spec)?;
        let Kind::Group { start, ordered, was } = &spec.kind else {
            return Err(BrokerError::Refused(format!("`{}` is not durable", spec.id)));
        };
        let known = self.durable.get(&spec.id).copied().or_else(|| {
            let index = self.durable.remove(was.as_ref()?)?;
            self.former.extend(was.clone().map(|was| (was, index)));
            Some(index)
        });
        if let Some(index) = known {
            self.durable.insert(spec.id.clone(), index);
            self.change(index, spec, *ordered);
            return Ok(index);
        }
        let index = self.add(spec, *ordered, true)?;
        self.durable.insert(spec.id.clone(), index);
        self.fill(index, *start, now);
        Ok(index)
    }

    /// Makes an ephemeral subscription.
    pub(super) fn join(&mut self, spec: &SubscriptionSpec, now: Instant) -> Result<usize, BrokerError> {
        let index = self.add(spec, false, false)?;
        self.fill(index, Start::Now, now);
        Ok(index)
    }

    /// Gives a new subscription what is stored already: all of it, or what nobody has heard yet.
    fn fill(&mut self, index: usize, start: Start, now: Instant) {
        let Some(new) = self.subscriptions[index].as_mut() else { return };
        self.log.replay(|stored| {
            let due = stored.due.filter(|due| *due > now);
            let takes = (start == Start::Beginning || due.is_some())
                && new.hearing.takes(&stored.event, &stored.to, false);
            if takes {
                let lane = if new.ordered { lane_in(&stored.event) } else { None };
                new.queue.push(stored.event.clone(), stored.sequence, lane, due);
            }
            takes && new.durable
        });
    }

    fn add(&mut self, spec: &SubscriptionSpec, ordered: bool, durable: bool) -> Result<usize, BrokerError> {
        check(spec)?;
        let hearing = Hearing::of(spec);
        let index = match self.subscriptions.iter().position(Option::is_none) {
            Some(vacant) => vacant,
            None => {
                self.subscriptions.push(None);
                self.subscriptions.len() - 1
            }
        };
        self.router.add(index, &hearing);
        let queue = Queue::new(spec.lease, self.limits.capacity);
        self.subscriptions[index] = Some(Subscribed { hearing, ordered, durable, queue });
        Ok(index)
    }

    /// A member leaves. An ephemeral subscription goes with it.
    pub(super) fn leave(&mut self, index: usize) {
        let Some(subscribed) = self.subscriptions.get_mut(index) else { return };
        if let Some(left) = subscribed.take_if(|subscribed| !subscribed.durable) {
            self.router.remove(index, &left.hearing);
        } else if let Some(left) = subscribed {
            left.queue.leave();
        }
    }

    pub(super) fn queue(&mut self, index: usize) -> Option<&mut Queue> {
        Some(&mut self.subscriptions.get_mut(index)?.as_mut()?.queue)
    }

    /// The queue, and what counts its handings-out.
    pub(super) fn queue_and_stamps(&mut self, index: usize) -> Option<(&mut Queue, &mut u64)> {
        Some((&mut self.subscriptions.get_mut(index)?.as_mut()?.queue, &mut self.stamps))
    }

    /// Settles a delivery; `None` where the ticket holds nothing.
    pub(super) fn settle(&mut self, index: usize, ticket: Ticket, now: Instant) -> Option<Trimmed> {
        let subscribed = self.subscriptions.get_mut(index)?.as_mut()?;
        let sequence = subscribed.queue.settle(ticket, now)?;
        Some(if subscribed.durable { self.log.settle(sequence) } else { Trimmed::default() })
    }

    /// What the subscriptions of these ids have still to settle, durable and ephemeral ones.
    pub(super) fn backlog(&mut self, of: &[&SubscriptionId], now: Instant) -> Vec<Backlog> {
        let mut wanted = Sorted::default();
        for id in of {
            self.durable.get(*id).map(|index| wanted.add(*index));
        }
        for (index, subscribed) in self.subscriptions.iter().enumerate() {
            let Some(subscribed) = subscribed else { continue };
            if !subscribed.durable && of.contains(&subscribed.hearing.id()) {
                wanted.add(index);
            }
        }
        wanted.keys().filter_map(|index| Some(self.queue(*index)?.backlog(now))).collect()
    }

    /// Wakes all who wait for anything here, because the broker was closed.
    pub(super) fn wake_all(&self) {
        for subscribed in self.subscriptions.iter().flatten() {
            subscribed.queue.arrivals.notify_waiters();
            subscribed.queue.room.tell_all();
        }
    }

    fn first_full(&self, publication: &Publication, seat: Option<&Seat>) -> Option<usize> {
        let event_type = &publication.event.event_type;
        let mut candidates = self.router.candidates(event_type);
        let full = candidates.find(|(index, listed)| {
            self.subscriptions[*index].as_ref().is_some_and(|taker| {
                let room = &taker.queue.room;
                let free = match seat {
                    None => room.is_free_for_newcomers(),
                    Some(seat) if seat.index == *index => room.is_free_for(seat),
                    Some(_) => room.is_free(),
                };
                !free && taker.durable && taker.hearing.takes(&publication.event, &publication.to, *listed)
            })
        });
        full.map(|(index, _)| index)
    }

    /// The ids of the durable subscriptions.
    pub(super) fn durables(&self) -> Vec<SubscriptionId> {
        self.durable.keys().cloned().collect()
    }

    /// Removes a durable subscription that nobody uses; false where there is none of this id.
    pub(super) fn remove(&mut self, id: &SubscriptionId) -> Result<bool, BrokerError> {
        let Some(index) = self.durable.get(id).copied() else { return Ok(false) };
        if self.queue(index).is_some_and(|queue| queue.is_in_use()) {
            return Err(BrokerError::Refused(format!("`{id}` is in use")));
        }
        self.durable.remove(id);
        self.former.retain(|_, former| *former != index);
        if let Some(removed) = self.subscriptions.get_mut(index).and_then(Option::take) {
            self.router.remove(index, &removed.hearing);
            for sequence in removed.queue.into_sequences() {
                drop(self.log.settle(sequence));
            }
        }
        Ok(true)
    }

    fn find(&self, id: &SubscriptionId) -> Option<usize> {
        self.durable.get(id).or_else(|| self.former.get(id)).copied()
    }

    fn change(&mut self, index: usize, spec: &SubscriptionSpec, ordered: bool) {
        let Some(subscribed) = self.subscriptions[index].as_mut() else { return };
        // Provisioned once more as it is, nothing is looked for: each removal moves what comes behind it.
        if !subscribed.hearing.is_of(spec) {
            self.router.remove(index, &subscribed.hearing);
            subscribed.hearing = Hearing::of(spec);
            self.router.add(index, &subscribed.hearing);
        }
        subscribed.queue.set_lease(spec.lease);
        if subscribed.ordered != ordered {
            subscribed.ordered = ordered;
            subscribed.queue.rearrange(|event| if ordered { lane_in(event) } else { None });
        }
    }
}

fn check(spec: &SubscriptionSpec) -> Result<(), BrokerError> {
    if spec.patterns.is_empty() {
        return Err(BrokerError::Refused(format!("`{}` names no event type to hear", spec.id)));
    }
    Ok(())
}

fn lane_in(event: &EventEnvelope) -> Option<u8> {
    event.partition_key.as_deref().map(lane_of)
}
