use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use soorma::{Address, BoxFuture, EventEnvelope, broker::*};
use tokio::{sync::Notify, time::timeout_at};

type Answer<'a, T, E = BrokerError> = BoxFuture<'a, Result<T, E>>;

/// A broker inside the process. It forgets nothing: so no topic is ever full, and every repetition is recognised.
/// Clones are one broker.
#[derive(Clone, Default)]
pub struct Small {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// All that was ever stored: an event's sequence is its place here, from 1.
    log: Vec<Publication>,
    /// One for each group, and one for each member of all others. By a number, for `was` changes the identity.
    queues: BTreeMap<u64, SubscriptionSpec>,
    /// What is not settled, of all queues, those of one queue in the order in which they were stored.
    items: Vec<Item>,
    letters: Vec<DeadLetter>,
    /// The last number that was given to a queue or to a handing-out.
    last: u64,
}

/// An event that is new, in hand, or handed back: in all three nobody may have it before `free`.
struct Item {
    queue: u64,
    sequence: u64,
    event: Arc<EventEnvelope>,
    delivered: u32,
    free: Instant,
    /// The number of its last handing-out, as long as that one may settle it.
    ticket: Option<u64>,
}

impl State {
    fn publish(&mut self, publication: Publication) -> Result<Published, PublishError> {
        let new = &*publication.event;
        let same =
            |old: &EventEnvelope| (old.topic, &old.source, &old.id) == (new.topic, &new.source, &new.id);
        match self.log.iter().position(|stored| same(&stored.event)) {
            _ if !publication.delay.is_zero() => Err(PublishError::Unsupported("delay an event")),
            Some(place) => Ok(Published { sequence: place as u64 + 1, duplicate: true }),
            None => Ok(Published { sequence: self.store(publication), duplicate: false }),
        }
    }

    /// Stores an event, and puts it into each queue that takes it.
    fn store(&mut self, publication: Publication) -> u64 {
        let place = self.log.len();
        self.log.push(publication);
        let queues: Vec<u64> = self.queues.keys().copied().collect();
        queues.into_iter().for_each(|queue| self.fill(queue, place));
        place as u64 + 1
    }

    /// Puts what a queue takes into it, from this place of the log on.
    fn fill(&mut self, queue: u64, from: usize) {
        for (sequence, stored) in (1..).zip(&self.log).skip(from) {
            if self.queues[&queue].takes(&stored.event, &stored.to) {
                let (event, free) = (stored.event.clone(), Instant::now());
                self.items.push(Item { queue, sequence, event, delivered: 0, free, ticket: None });
            }
        }
    }

    fn find(&self, id: &SubscriptionId) -> Option<u64> {
        let mut durable = self.queues.iter().filter(|(_, spec)| spec.kind.is_durable());
        durable.find(|(_, spec)| spec.id == *id).map(|(queue, _)| *queue)
    }

    /// Makes a queue; one that is there keeps its items, and takes over the rest.
    fn provision(&mut self, spec: &SubscriptionSpec) -> u64 {
        let (from, known) = match &spec.kind {
            Kind::Group { start, was, .. } => {
                (*start, self.find(&spec.id).or_else(|| self.find(was.as_ref()?)))
            }
            Kind::Broadcast | Kind::Inbox(_) => (Start::Now, None),
        };
        self.last += 1;
        let queue = known.unwrap_or(self.last);
        // One lease for the whole group, the longest: nobody's ends before it thinks so.
        let lease = self.queues.get(&queue).map_or(spec.lease, |known| known.lease.max(spec.lease));
        self.queues.insert(queue, SubscriptionSpec { lease, ..spec.clone() });
        if known.is_none() && from == Start::Beginning {
            self.fill(queue, 0);
        }
        queue
    }

    fn forget(&mut self, queue: u64) {
        self.queues.remove(&queue);
        self.items.retain(|item| item.queue != queue);
    }

    /// Hands out what is free, and says when to look again.
    fn draw(&mut self, member: &Member, max: usize) -> Result<(Vec<Delivery>, Instant), BrokerError> {
        let removed = || BrokerError::Refused("the subscription was removed".into());
        let spec = self.queues.get(&member.queue).ok_or_else(removed)?;
        let ordered = matches!(spec.kind, Kind::Group { ordered: true, .. });
        let now = Instant::now();
        let (mut drawn, mut again, mut keys) = (Vec::new(), now + Duration::from_secs(3_600), HashSet::new());
        for item in self.items.iter_mut().filter(|item| item.queue == member.queue) {
            // The first of a key holds up the others until it is settled, in whatever state it is.
            let behind = item.event.partition_key.clone().is_some_and(|key| !keys.insert(key));
            if (ordered && behind) || drawn.len() == max {
                continue;
            } else if item.free > now {
                again = again.min(item.free);
                continue;
            }
            self.last += 1;
            item.delivered += 1;
            (item.ticket, item.free) = (Some(self.last), now + spec.lease);
            let held = Held { broker: member.broker.clone(), ticket: self.last };
            drawn.push(Delivery::new(item.event.clone(), item.sequence, item.delivered, item.free, held));
        }
        Ok((drawn, again))
    }
}

impl Small {
    fn open(&self) -> Result<MutexGuard<'_, State>, BrokerError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed { Err(BrokerError::Closed) } else { Ok(state) }
    }

    /// Does something, unless the broker is closed, and has every member look again.
    fn change<'a, T, E: From<BrokerError>>(
        &'a self,
        change: impl FnOnce(&mut State) -> Result<T, E> + Send + 'a,
    ) -> Answer<'a, T, E> {
        Box::pin(async move {
            let changed = change(&mut *self.open()?);
            self.changed.notify_waiters();
            changed
        })
    }
}

impl Broker for Small {
    fn capabilities(&self) -> Capabilities {
        let mut can = Capabilities::new("small");
        (can.durable, can.delay, can.order, can.dedup_window) = (false, false, Order::Key, Duration::MAX);
        can
    }

    fn provision<'a>(&'a self, specs: &'a [SubscriptionSpec], _: Drifted) -> Answer<'a, Vec<Drift>> {
        self.change(|state| {
            for spec in specs.iter().filter(|spec| spec.kind.is_durable()) {
                state.provision(spec);
            }
            Ok(Vec::new())
        })
    }

    fn durables(&self) -> Answer<'_, Vec<SubscriptionId>> {
        self.change(|state| {
            let durable = state.queues.values().filter(|spec| spec.kind.is_durable());
            Ok(durable.map(|spec| spec.id.clone()).collect::<BTreeSet<_>>().into_iter().collect())
        })
    }

    fn remove<'a>(&'a self, id: &'a SubscriptionId) -> Answer<'a, bool> {
        self.change(|state| Ok(state.find(id).map(|queue| state.forget(queue)).is_some()))
    }

    fn publish(&self, batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<Published, PublishError>>> {
        Box::pin(async move {
            let results = batch.into_iter().map(|publication| self.open()?.publish(publication)).collect();
            self.changed.notify_waiters();
            results
        })
    }

    fn subscribe<'a>(&'a self, spec: &'a SubscriptionSpec) -> Answer<'a, Box<dyn Subscription>> {
        self.change(|state| {
            let (broker, queue) = (self.clone(), state.provision(spec));
            Ok(Box::new(Member { broker, queue, ephemeral: !spec.kind.is_durable() })
                as Box<dyn Subscription>)
        })
    }

    fn dead_letters(&self) -> &dyn DeadLetters {
        self
    }

    fn backlog<'a>(&'a self, of: &'a [SubscriptionId]) -> Answer<'a, Backlog> {
        self.change(|State { queues, items, .. }| {
            let mut sum = Backlog::default();
            for item in items.iter().filter(|item| of.contains(&queues[&item.queue].id)) {
                *match item.ticket {
                    _ if item.free <= Instant::now() => &mut sum.waiting,
                    Some(_) => &mut sum.in_flight,
                    None => &mut sum.delayed,
                } += 1;
            }
            Ok(sum)
        })
    }

    fn health(&self) -> Answer<'_, ()> {
        self.change(|_| Ok(()))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.open().map(|mut state| state.closed = true).ok();
            self.changed.notify_waiters();
        })
    }
}

struct Member {
    broker: Small,
    queue: u64,
    ephemeral: bool,
}

impl Subscription for Member {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Delivery>> {
        Box::pin(async move {
            loop {
                // Made before the look, so that nothing changes unseen in between.
                let changed = self.broker.changed.notified();
                let (drawn, again) = self.broker.open()?.draw(self, max)?;
                if !drawn.is_empty() {
                    return Ok(drawn);
                }
                drop(timeout_at(again.into(), changed).await);
            }
        })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let (true, Ok(mut state)) = (self.ephemeral, self.broker.open()) {
            state.forget(self.queue);
        }
    }
}

struct Held {
    broker: Small,
    ticket: u64,
}

impl Held {
    /// Does something with it, unless it is lost.
    fn settle<'a>(&'a self, then: impl FnOnce(&mut State, usize) + Send + 'a) -> Answer<'a, (), SettleError> {
        self.broker.change(|state| {
            let ours = |item: &Item| item.ticket == Some(self.ticket) && item.free > Instant::now();
            let place = state.items.iter().position(ours).ok_or(SettleError::Lost)?;
            then(state, place);
            Ok(())
        })
    }
}

impl Receipt for Held {
    fn ack(&self) -> Answer<'_, (), SettleError> {
        self.settle(|state, place| drop(state.items.remove(place)))
    }

    fn hand_back(&self, delay: Duration) -> Answer<'_, (), SettleError> {
        self.settle(move |State { items, .. }, place| {
            (items[place].free, items[place].ticket) = (Instant::now() + delay, None);
        })
    }

    fn extend(&self) -> Answer<'_, (), SettleError> {
        self.settle(|State { items, queues, .. }, place| {
            items[place].free = Instant::now() + queues[&items[place].queue].lease;
        })
    }

    fn dead_letter(&self, letter: DeadLetter) -> Answer<'_, (), SettleError> {
        self.settle(move |state, place| {
            state.items.remove(place);
            state.letters.push(letter);
        })
    }
}

impl DeadLetters for Small {
    fn list(&self, limit: usize) -> Answer<'_, Vec<DeadLetter>> {
        self.change(move |state| Ok(state.letters.iter().take(limit).cloned().collect()))
    }

    fn replay<'a>(&'a self, id: &'a str) -> Answer<'a, bool> {
        self.change(move |state| {
            let Some(letter) = state.letters.iter().find(|letter| letter.id() == id) else {
                return Ok(false);
            };
            let (of, Some(event)) = (&letter.subscription, letter.body.event()) else { return Ok(false) };
            let heir = |kind: &Kind| matches!(kind, Kind::Group { was, .. } if was.as_ref() == Some(of));
            let now = state.queues.values().find(|spec| spec.id == *of || heir(&spec.kind));
            let gone = || BrokerError::Refused(format!("`{of}` does not exist"));
            let to = Address::Subscription(now.ok_or_else(gone)?.id.durable_name());
            state.store(Publication::new(event.clone(), to));
            state.letters.retain(|letter| letter.id() != id);
            Ok(true)
        })
    }

    fn purge<'a>(&'a self, id: &'a str) -> Answer<'a, bool> {
        self.change(move |state| Ok(state.letters.extract_if(.., |letter| letter.id() == id).count() > 0))
    }
}
