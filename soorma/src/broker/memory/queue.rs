//! The events that one subscription has still to settle. Owns their way from stored to settled, and wakes whoever
//! waits for that; must not know the topic's log, nor how an event found its way here.
//!
//! An item is in one place at a time: ready, behind its lane, in flight, or delayed. What is ready stands in three
//! lines that are served in turn: new events, events whose lane came free, and redeliveries in the order in which
//! they became due. So neither a storm of failures nor a backlog holds up the others.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use soorma_common::EventEnvelope;
use tokio::sync::Notify;

use super::{
    in_flight::{InFlight, Ticket},
    lanes::Lanes,
    log::give_back,
    room::Room,
    timers::Timers,
};
use crate::{broker::Backlog, sorted::sort_by};

/// An event in a queue.
pub(super) struct Item {
    pub(super) event: Arc<EventEnvelope>,
    pub(super) sequence: u64,
    /// How often it was handed out.
    pub(super) delivered: u32,
    /// The lane that it has or waits for.
    pub(super) lane: Option<u8>,
}

/// An item on its way to a member.
pub(super) struct HandedOut {
    pub(super) event: Arc<EventEnvelope>,
    pub(super) sequence: u64,
    pub(super) delivered: u32,
    /// When its lease ends.
    pub(super) until: Instant,
    pub(super) ticket: Ticket,
}

const NEW: usize = 0;
const LANE: usize = 1;
const AGAIN: usize = 2;

pub(super) struct Queue {
    ready: [VecDeque<Item>; 3],
    /// The line to be served next.
    turn: usize,
    /// Of an ordered subscription; it stays when the subscription is ordered no more, for those still on a lane.
    lanes: Option<Box<Lanes>>,
    delayed: Timers,
    /// New events that nobody is to hear yet.
    scheduled: Timers,
    in_flight: InFlight,
    lease: Duration,
    members: usize,
    /// Told when something is ready, and when timers may have to be set anew.
    pub(super) arrivals: Arc<Notify>,
    pub(super) room: Room,
}

impl Queue {
    pub(super) fn new(lease: Duration, capacity: usize) -> Self {
        Self {
            ready: Default::default(),
            turn: NEW,
            lanes: None,
            delayed: Timers::default(),
            scheduled: Timers::default(),
            in_flight: InFlight::new(),
            lease,
            members: 0,
            arrivals: Arc::default(),
            room: Room::new(capacity),
        }
    }

    /// Takes a new event, to be heard at once or when it is due.
    pub(super) fn push(
        &mut self,
        event: Arc<EventEnvelope>,
        sequence: u64,
        lane: Option<u8>,
        due: Option<Instant>,
    ) {
        self.room.unsettled += 1;
        let item = Item { event, sequence, delivered: 0, lane };
        match due {
            None => self.line_up(item),
            Some(due) => {
                self.tell_of_timer(due);
                self.scheduled.insert(due, item);
            }
        }
    }

    /// Hands out `max` at the most. `stamps` counts the handings-out of the topic.
    pub(super) fn hand_out(&mut self, max: usize, now: Instant, stamps: &mut u64) -> Vec<HandedOut> {
        self.refresh(now);
        let until = after(now, self.lease);
        let ready = self.ready.iter().map(VecDeque::len).sum::<usize>();
        let mut out = Vec::with_capacity(max.min(ready));
        while out.len() < max {
            let Some(mut item) = self.pop_ready() else { return out };
            item.delivered = item.delivered.saturating_add(1);
            *stamps += 1;
            let (event, sequence, delivered) = (item.event.clone(), item.sequence, item.delivered);
            let ticket = self.in_flight.insert(item, *stamps, until);
            out.push(HandedOut { event, sequence, delivered, until, ticket });
        }
        // Two members that look at the same time, and then wait, may find a single notice for two events.
        if ready > max {
            self.arrivals.notify_one();
        }
        out
    }

    /// Settles a delivery and gives its sequence; `None` where the ticket holds nothing.
    pub(super) fn settle(&mut self, ticket: Ticket, now: Instant) -> Option<u64> {
        self.refresh(now);
        let item = self.in_flight.remove(ticket)?;
        if let Some(next) = item.lane.and_then(|lane| self.lanes.as_mut()?.leave(lane)) {
            self.make_ready(LANE, next);
        }
        self.room.settled();
        Some(item.sequence)
    }

    /// False where the ticket holds nothing.
    pub(super) fn hand_back(&mut self, ticket: Ticket, delay: Duration, now: Instant) -> bool {
        self.refresh(now);
        let Some(item) = self.in_flight.remove(ticket) else { return false };
        if delay.is_zero() {
            self.make_ready(AGAIN, item);
            return true;
        }
        let due = after(now, delay);
        self.tell_of_timer(due);
        self.delayed.insert(due, item);
        true
    }

    /// False where the ticket holds nothing.
    pub(super) fn extend(&mut self, ticket: Ticket, now: Instant) -> bool {
        self.refresh(now);
        self.in_flight.extend(ticket, after(now, self.lease))
    }

    /// When a member that finds nothing must look again unless it is told before.
    pub(super) fn look_again(&self, now: Instant) -> Option<Instant> {
        // What another member takes from now on comes back after a whole lease at the earliest.
        let others = (self.members > 1).then(|| after(now, self.lease));
        self.first_timer().into_iter().chain(others).min()
    }

    pub(super) fn backlog(&mut self, now: Instant) -> Backlog {
        self.refresh(now);
        let ready = self.ready.iter().map(VecDeque::len).sum::<usize>();
        let behind = self.lanes.as_ref().map_or(0, |lanes| lanes.waiting());
        // Where nothing else is under way, only a backoff can hold the lanes.
        let idle = ready == 0 && self.in_flight.len() == 0;
        let (waiting, held_up) = if idle { (0, behind) } else { (ready + behind, 0) };
        Backlog {
            waiting: waiting as u64,
            in_flight: self.in_flight.len() as u64,
            delayed: (self.delayed.len() + held_up) as u64,
            scheduled: self.scheduled.len() as u64,
            next_due: self.delayed.first(),
        }
    }

    /// Whether somebody waits for its deliveries, or for room in it.
    pub(super) fn is_in_use(&self) -> bool {
        self.members > 0 || self.room.has_line()
    }

    /// All that was not settled.
    pub(super) fn into_sequences(mut self) -> Vec<u64> {
        let mut all = Vec::new();
        let mut add = |item: Item| all.push(item.sequence);
        for line in self.ready {
            line.into_iter().for_each(&mut add);
        }
        if let Some(lanes) = &mut self.lanes {
            lanes.drain().for_each(&mut add);
        }
        self.delayed.into_items().for_each(&mut add);
        self.scheduled.into_items().for_each(&mut add);
        while let Some(item) = self.in_flight.pop_first() {
            add(item);
        }
        all
    }

    pub(super) fn join(&mut self) {
        self.members += 1;
        self.arrivals.notify_waiters();
    }

    pub(super) fn leave(&mut self) {
        self.members -= 1;
    }

    /// Takes over a lease for what is handed out or extended from now on; while there are members, none that is shorter
    /// than theirs.
    pub(super) fn set_lease(&mut self, lease: Duration) {
        self.lease = if self.members > 0 { lease.max(self.lease) } else { lease };
        self.arrivals.notify_waiters();
    }

    /// Lines up again what was not handed out yet, with the lanes that `lane` gives. What was handed out before
    /// keeps its lane, or its lack of one, until it is settled.
    pub(super) fn rearrange(&mut self, lane: impl Fn(&EventEnvelope) -> Option<u8>) {
        let mut items: Vec<Item> = self.ready[NEW].drain(..).collect();
        if let Some(lanes) = &mut self.lanes {
            items.extend(lanes.drain());
            for item in self.ready[LANE].drain(..) {
                // Nothing waits there any more, so this frees the lane.
                item.lane.and_then(|lane| lanes.leave(lane));
                items.push(item);
            }
        }
        self.scheduled.change(|item| item.lane = lane(&item.event));
        sort_by(&mut items, |a, b| a.sequence.cmp(&b.sequence));
        for mut item in items {
            item.lane = lane(&item.event);
            self.line_up(item);
        }
    }

    fn line_up(&mut self, item: Item) {
        match item.lane {
            None => self.make_ready(NEW, item),
            Some(lane) => {
                let lanes = self.lanes.get_or_insert_with(|| Box::new(Lanes::new()));
                if let Some(item) = lanes.enter(lane, item) {
                    self.make_ready(LANE, item);
                }
            }
        }
    }

    /// Whoever waits for the first timer waits for this one, if it is earlier.
    fn tell_of_timer(&self, due: Instant) {
        if self.first_timer().is_none_or(|first| due < first) {
            self.arrivals.notify_waiters();
        }
    }

    /// Lets the time pass: what is due, and what has lost its holder, is ready again.
    fn refresh(&mut self, now: Instant) {
        while let Some(item) = self.scheduled.pop_due(now) {
            self.line_up(item);
        }
        while let Some(item) = self.delayed.pop_due(now) {
            self.make_ready(AGAIN, item);
        }
        while let Some(item) = self.in_flight.pop_ended(now) {
            self.make_ready(AGAIN, item);
        }
    }

    fn make_ready(&mut self, line: usize, item: Item) {
        self.ready[line].push_back(item);
        self.arrivals.notify_one();
    }

    fn pop_ready(&mut self) -> Option<Item> {
        for _ in 0..self.ready.len() {
            let line = &mut self.ready[self.turn];
            self.turn = (self.turn + 1) % 3;
            if let Some(item) = line.pop_front() {
                give_back(line);
                return Some(item);
            }
        }
        None
    }

    fn first_timer(&self) -> Option<Instant> {
        [self.delayed.first(), self.scheduled.first(), self.in_flight.first_end()].into_iter().flatten().min()
    }
}

/// `Instant + Duration::MAX` would overflow; a century is never.
pub(super) fn after(now: Instant, duration: Duration) -> Instant {
    now + duration.min(Duration::from_secs(3_155_760_000))
}
