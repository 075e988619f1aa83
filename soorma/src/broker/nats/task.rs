//! What draws for one member: asks the server for as much as the member has room for, takes what comes, and mends
//! what breaks (a lost connection, a lost request, a consumer that somebody deleted), so that a member is never
//! silently idle. When the member goes, what it had not drawn goes back.

use std::{
    future::poll_fn,
    sync::{Arc, atomic::AtomicBool},
    task::Poll,
    time::{Duration, Instant},
};

use async_nats::{Message, Subscriber};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};

use super::{
    acks::ACK,
    asking::{Asking, Came},
    buffer::Buffer,
    consumer::Part,
    item::Item,
    last_type::LastType,
    pull::{Pulls, Word, word},
    receipt::{Deliveries, Hold},
    recent::Recent,
    shared::Shared,
    signals::{Signal, Signals},
};
use crate::{
    broker::{BrokerError, Kind, SubscriptionSpec, Unreadable},
    nats::Numbers,
};

/// How often the positions of busy consumers are kept.
pub(super) const KEEP: Duration = Duration::from_secs(2);

/// So many are taken in before the member is told.
const TOGETHER: usize = 64;

/// The pause after trouble.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Task {
    pub(super) shared: Arc<Shared>,
    pub(super) spec: SubscriptionSpec,
    pub(super) buffer: Arc<Buffer<Item>>,
    pub(super) deliveries: Arc<Deliveries>,
    pub(super) asking: Arc<Asking>,
    pub(super) subscriber: Subscriber,
    /// The last sequence that came: an ephemeral consumer goes on from there.
    pub(super) last: u64,
    last_type: LastType,
    /// When the positions are kept next; `None` where nothing has changed.
    pub(super) keep: Option<Instant>,
    /// When the leases of what waits for the member are seen to next; `None` where nothing waits.
    tend: Option<Instant>,
    /// What has come and the member was not told of yet.
    fresh: Vec<Item>,
    pub(super) keeping: Arc<AtomicBool>,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.buffer.end();
    }
}

/// What has happened.
enum News {
    Message(Option<Message>),
    Demand,
    Reconnected,
    Time,
    End,
}

impl Task {
    pub(super) async fn new(
        shared: &Arc<Shared>,
        spec: &SubscriptionSpec,
        buffer: &Arc<Buffer<Item>>,
        parts: Vec<Part>,
        last: u64,
    ) -> Result<Self, BrokerError> {
        let (inbox, subscriber) =
            shared.link.listen(".>").await.map_err(|error| BrokerError::Unavailable(Box::new(error)))?;
        let stream = shared.subjects.stream(spec.id.topic);
        let deliveries = Deliveries { shared: shared.clone(), lease: spec.lease, recent: Recent::default() };
        shared.members.send_modify(|members| *members += 1);
        Ok(Self {
            shared: shared.clone(),
            spec: spec.clone(),
            buffer: buffer.clone(),
            deliveries: Arc::new(deliveries),
            asking: Arc::new(Asking::new(&shared.link, &stream, inbox, parts)),
            subscriber,
            last,
            last_type: LastType::default(),
            keep: None,
            tend: None,
            fresh: Vec::new(),
            keeping: Arc::default(),
        })
    }

    pub(super) async fn run(mut self) {
        let mut signals = Signals::new(&self.shared);
        loop {
            self.ask_for_more().await;
            match self.news(&mut signals).await {
                News::Message(Some(message)) => self.take_all(message).await,
                News::Demand | News::Reconnected => {}
                News::Time => self.look_after().await,
                News::Message(None) | News::End => break,
            }
        }
        self.buffer.end();
        self.tidy().await;
    }

    async fn news(&mut self, signals: &mut Signals) -> News {
        if self.shared.is_closed() {
            return News::End;
        }
        let wakes = self.asking.lock().pulls.iter().map(Pulls::wakes).chain(self.keep).chain(self.tend).min();
        poll_fn(|cx| {
            match self.buffer.poll_demand(cx) {
                Poll::Ready(true) => return Poll::Ready(News::Demand),
                Poll::Ready(false) => return Poll::Ready(News::End),
                Poll::Pending => {}
            }
            if let Poll::Ready(message) = self.subscriber.poll_next_unpin(cx) {
                return Poll::Ready(News::Message(message));
            }
            signals.poll(&self.shared, wakes, cx).map(|signal| match signal {
                Signal::Closed => News::End,
                Signal::Reconnected => News::Reconnected,
                Signal::Time => News::Time,
            })
        })
        .await
    }

    /// Asks for as many as there is room for; in a lane, for the next one.
    async fn ask_for_more(&mut self) {
        let due = {
            // With what the member wants: whoever of the two comes later sees what the other has said.
            let state = self.buffer.lock();
            self.asking.due(state.room(), |index| state.ready.iter().any(|item| item.consumer == index))
        };
        for request in due {
            self.asking.send(request).await;
        }
    }

    /// Takes what has come, and gives it to the member at once.
    async fn take_all(&mut self, first: Message) {
        // Looked at once for all of them: a lease that is thought to end a little before it does is no loss.
        let now = self.shared.link.clock.now();
        let mut next = Some(first);
        while let Some(message) = next {
            self.take(message, now).await;
            next = match self.fresh.len() < TOGETHER {
                true => self.subscriber.next().now_or_never().flatten(),
                false => None,
            };
        }
        if !self.fresh.is_empty() {
            self.tend.get_or_insert(now + self.spec.lease / 3);
            self.buffer.push(self.fresh.drain(..));
        }
        self.asking.lock().pulls.iter_mut().for_each(Pulls::told);
    }

    async fn take(&mut self, message: Message, now: Instant) {
        if let Some(word) = word(&message) {
            self.hear(&message, word, now).await;
            return;
        }
        let Some(name) = message.reply else { return };
        let Some(Came { of, numbers }) = self.asking.came(&name, now) else { return };
        let Numbers { delivered, sequence } = numbers;
        let Some((index, part)) = of else {
            // Of a consumer that was left behind.
            self.shared.link.send(name, None, Bytes::from_static(b"-NAK")).await;
            return;
        };
        // What is further on than anything before was not settled yet.
        let again = sequence <= self.last;
        self.last = self.last.max(sequence);
        let settles = !matches!(self.spec.kind, Kind::Inbox(_));
        if matches!(self.spec.kind, Kind::Group { .. }) {
            self.keep.get_or_insert(now + KEEP);
        }
        if again && settles && self.deliveries.recent.holds(sequence) {
            self.shared.link.send(name, None, ACK).await;
            return;
        }
        let event_type = self.last_type.of(&message.subject);
        let read = Unreadable::read(&message.payload, self.spec.id.topic, event_type);
        let hold = Arc::new(Hold::new(
            self.deliveries.clone(),
            part,
            (name, sequence),
            now,
            message.subject,
            message.payload,
        ));
        match read {
            Ok(event) if self.spec.patterns.iter().any(|pattern| pattern.matches(&event.event_type)) => {
                let event = Arc::new(event);
                self.fresh.push(Item { event, delivered, consumer: index, hold, settles });
            }
            // The filter was wider than the patterns.
            Ok(_) => self.shared.link.send(hold.name(), None, ACK).await,
            Err(unreadable) => self.bury(unreadable, &hold).await,
        }
    }

    /// What cannot be read is no use to anybody: a dead letter, at once.
    async fn bury(&self, unreadable: Unreadable, hold: &Arc<Hold>) {
        tracing::error!(subscription = %self.spec.id, subject = hold.subject.as_str(), error = %unreadable, "unreadable");
        if !matches!(self.spec.kind, Kind::Group { .. }) {
            self.shared.link.send(hold.name(), None, ACK).await;
            return;
        }
        let now = self.shared.link.clock.timestamp();
        let bytes = Arc::from(&*hold.payload);
        let letter = unreadable.into_letter(self.spec.id.clone(), hold.sequence, bytes, now);
        if let Err(error) = hold.dead_letter(&letter).await {
            tracing::warn!(%error, subject = hold.subject.as_str(), "it could not be put into the dead letters yet");
            // It comes again by itself, should this fail too.
            drop(hold.hand_back(Duration::from_secs(1)).await);
        }
    }

    async fn hear(&mut self, message: &Message, word: Word, now: Instant) {
        let tokens = message.subject.strip_prefix(self.asking.inbox.as_str()).unwrap_or_default();
        let mut tokens = tokens.trim_start_matches('.').split('.');
        let mut number = || tokens.next().and_then(|token| token.parse::<u64>().ok());
        let (Some(index), Some(generation)) = (number(), number()) else { return };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(pulls) = self.asking.lock().pulls.get_mut(index) {
            pulls.said(generation, &word, now);
            if word == Word::Again {
                tracing::debug!(consumer = pulls.part.consumer, said = ?message.description, "asking again");
                pulls.pause(now + PAUSE);
            }
        }
        if word == Word::Look {
            self.look(index).await;
        }
    }

    /// Keeps the leases of what waits for the member.
    fn tend_waiting(&mut self, now: Instant) {
        let old: Vec<Arc<Hold>> = {
            let state = self.buffer.lock();
            if !state.ready.is_empty() {
                self.tend = Some(now + self.spec.lease / 3);
            }
            let old =
                state.ready.iter().filter(|item| item.settles && item.hold.age() >= self.spec.lease / 6);
            old.map(|item| item.hold.clone()).collect()
        };
        for hold in old {
            tokio::spawn(async move {
                if let Err(error) = hold.extend().await {
                    tracing::debug!(%error, "what waits for the member was not kept");
                }
            });
        }
    }

    async fn look_after(&mut self) {
        let now = self.shared.link.clock.now();
        while let Some((index, part)) = self.asking.forget_silent(now) {
            let consumer = &part.consumer;
            tracing::warn!(consumer, "the server was silent for too long; asking again");
            self.look(index).await;
        }
        self.asking.lock().pulls.iter_mut().for_each(|pulls| pulls.look_at(now));
        if self.tend.is_some_and(|at| now >= at) {
            self.tend = None;
            self.tend_waiting(now);
        }
        if self.keep.is_some_and(|at| now >= at) {
            self.keep_positions(now);
        }
    }
}
