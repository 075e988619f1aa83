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
    acks::{ACK, Acks},
    buffer::Buffer,
    consumer::Part,
    item::Item,
    last_type::LastType,
    pull::{Pulls, Word, runs_low, whose, word},
    receipt::{Deliveries, Hold},
    recent::Recent,
    shared::Shared,
    signals::{Signal, Signals},
    subject::Lane,
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
    pub(super) pulls: Vec<Pulls>,
    pub(super) inbox: String,
    pub(super) subscriber: Subscriber,
    /// Which connection the requests went over.
    pub(super) epoch: u64,
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
        let epoch = shared.link.epoch();
        let (inbox, subscriber) =
            shared.link.listen(".>").await.map_err(|error| BrokerError::Unavailable(Box::new(error)))?;
        let now = shared.link.clock.now();
        let (recent, acks) = (Recent::default(), Acks::start(&shared.link));
        let deliveries = Deliveries { shared: shared.clone(), lease: spec.lease, recent, acks };
        shared.members.send_modify(|members| *members += 1);
        Ok(Self {
            shared: shared.clone(),
            spec: spec.clone(),
            buffer: buffer.clone(),
            deliveries: Arc::new(deliveries),
            pulls: parts.into_iter().map(|part| Pulls::new(part, now)).collect(),
            inbox,
            subscriber,
            epoch,
            last,
            last_type: LastType::default(),
            keep: None,
            tend: None,
            fresh: Vec::new(),
            keeping: Arc::default(),
        })
    }

    pub(super) async fn run(mut self) {
        let mut signals = Signals::new(&self.shared, self.epoch);
        loop {
            self.ask_for_more().await;
            match self.news(&mut signals).await {
                News::Message(Some(message)) => self.take_all(message).await,
                News::Demand => {}
                News::Reconnected => {
                    self.epoch = self.shared.link.epoch();
                    signals.after(&self.shared, self.epoch);
                    self.pulls.iter_mut().for_each(Pulls::forget);
                }
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
        let wakes = self.pulls.iter().filter_map(Pulls::wakes).chain(self.keep).chain(self.tend).min();
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
        let (room, held) = {
            let mut state = self.buffer.lock();
            // With what the member wants: whoever of the two comes later sees what the other has said.
            state.asked = self.asked();
            let held: Vec<usize> = match &self.pulls[..] {
                [_] => Vec::new(),
                _ => state.ready.iter().map(|item| item.consumer).collect(),
            };
            (state.wanted.saturating_sub(state.ready.len()), held)
        };
        if room == 0 || !self.shared.link.is_connected() {
            return;
        }
        let now = self.shared.link.clock.now();
        let mut requests = Vec::new();
        for (index, pulls) in self.pulls.iter_mut().enumerate() {
            let wanted = match pulls.part.lane {
                // It gives one at a time, and what it gives too early is kept here.
                Lane::Number(_) => usize::from(pulls.outstanding() == 0 && !held.contains(&index)),
                Lane::Any | Lane::Keyless if runs_low(pulls.outstanding(), room) => {
                    room - pulls.outstanding()
                }
                Lane::Any | Lane::Keyless => 0,
            };
            if let Some((token, body)) = pulls.request(index, wanted, now) {
                requests.push((pulls.part.consumer.clone(), token, body));
            }
        }
        if requests.is_empty() {
            return;
        }
        self.buffer.lock().asked = self.asked();
        let stream = self.shared.subjects.stream(self.spec.id.topic);
        for (consumer, token, body) in requests {
            let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}");
            self.shared.link.send(subject, Some(format!("{}.{token}", self.inbox)), body.into()).await;
        }
    }

    /// How many the server may still send, as the member is told.
    fn asked(&self) -> usize {
        match &self.pulls[..] {
            [only] => only.outstanding(),
            // Lanes are asked one by one.
            _ => 0,
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
    }

    async fn take(&mut self, message: Message, now: Instant) {
        if let Some(word) = word(&message) {
            self.hear(&message, word, now).await;
            return;
        }
        let Some(name) = message.reply else { return };
        let Some((index, Numbers { delivered, sequence })) = whose(&mut self.pulls, &name) else { return };
        let Some(index) = index else {
            // Of a consumer that was left behind.
            self.shared.link.send(name, None, Bytes::from_static(b"-NAK")).await;
            return;
        };
        self.pulls[index].came(now);
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
            self.pulls[index].part.clone(),
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
        let tokens = message.subject.strip_prefix(self.inbox.as_str()).unwrap_or_default();
        let mut tokens = tokens.trim_start_matches('.').split('.');
        let mut number = || tokens.next().and_then(|token| token.parse::<u64>().ok());
        let (Some(index), Some(generation)) = (number(), number()) else { return };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let Some(pulls) = self.pulls.get_mut(index) else { return };
        pulls.said(generation, &word, now);
        match word {
            Word::Heartbeat | Word::Over(_) => {}
            Word::Again => {
                tracing::debug!(consumer = pulls.part.consumer, said = ?message.description, "asking again");
                pulls.pause(now + PAUSE);
            }
            Word::Look => self.look(index).await,
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
        self.pulls.iter_mut().for_each(|pulls| pulls.look_at(now));
        for index in 0..self.pulls.len() {
            if self.pulls.get(index).is_some_and(|pulls| pulls.is_silent(now)) {
                let consumer = &self.pulls[index].part.consumer;
                tracing::warn!(consumer, "the server was silent for too long; asking again");
                self.pulls[index].forget();
                self.look(index).await;
            }
        }
        if self.tend.is_some_and(|at| now >= at) {
            self.tend = None;
            self.tend_waiting(now);
        }
        if self.keep.is_some_and(|at| now >= at) {
            self.keep_positions(now);
        }
    }
}
