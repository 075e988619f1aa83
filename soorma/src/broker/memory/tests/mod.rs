//! What the broker does, seen through its contract: no test sleeps, and time is moved by hand.

mod addresses;
mod closing;
mod dead_letters;
mod duplicates;
mod groups;
mod leases;
mod order;
mod redelivery;
mod room;
mod schedule;
mod stress;

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use soorma_common::{Address, EventDraft, EventEnvelope, EventTopic, Timestamp};

use super::{MemoryBroker, MemoryLimits};
use crate::{
    broker::{
        Admission, Backlog, Broker, Delivery, Drifted, Hears, Kind, Publication, PublishError, Published,
        Start, Subscription, SubscriptionId, SubscriptionSpec,
    },
    clock::Clock,
};

pub(super) const LEASE: Duration = Duration::from_secs(30);

pub(super) fn event(event_type: &str) -> Arc<EventEnvelope> {
    Arc::new(envelope(event_type))
}

pub(super) fn envelope(event_type: &str) -> EventEnvelope {
    let draft = EventDraft::new(EventTopic::BusinessFacts, event_type.to_owned(), &()).unwrap();
    EventEnvelope::root("tests", draft, Timestamp::now())
}

pub(super) fn keyed(event_type: &str, key: &str) -> Arc<EventEnvelope> {
    Arc::new(EventEnvelope { partition_key: Some(key.to_owned()), ..envelope(event_type) })
}

pub(super) fn id(agent: &str, pattern: &str) -> SubscriptionId {
    SubscriptionId {
        agent: agent.to_owned(),
        topic: EventTopic::BusinessFacts,
        pattern: pattern.to_owned(),
        name: String::new(),
    }
}

pub(super) fn spec(agent: &str, pattern: &str, kind: Kind) -> SubscriptionSpec {
    SubscriptionSpec {
        id: id(agent, pattern),
        patterns: vec![pattern.parse().unwrap()],
        hears: Hears::Everyone,
        kind,
        lease: LEASE,
    }
}

pub(super) fn group(agent: &str, pattern: &str) -> SubscriptionSpec {
    spec(agent, pattern, Kind::Group { start: Start::Now, ordered: false, was: None })
}

pub(super) fn ordered(agent: &str, pattern: &str) -> SubscriptionSpec {
    spec(agent, pattern, Kind::Group { start: Start::Now, ordered: true, was: None })
}

pub(super) struct Bench {
    pub(super) broker: MemoryBroker,
    pub(super) clock: Clock,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with_limits(MemoryLimits::default())
    }

    pub(super) fn with_limits(limits: MemoryLimits) -> Self {
        let clock = Clock::simulated();
        Self { broker: MemoryBroker::with_limits(clock.clone(), limits), clock }
    }

    pub(super) async fn join(&self, spec: &SubscriptionSpec) -> Box<dyn Subscription> {
        self.broker.subscribe(spec).await.unwrap()
    }

    /// Publishes to everyone, whether there is room or not.
    pub(super) async fn publish(&self, event: &Arc<EventEnvelope>) -> Published {
        self.publish_to(event, Address::Everyone).await
    }

    pub(super) async fn publish_to(&self, event: &Arc<EventEnvelope>, to: Address) -> Published {
        self.offer(event, to, Admission::Always).await.unwrap()
    }

    pub(super) async fn offer(
        &self,
        event: &Arc<EventEnvelope>,
        to: Address,
        admission: Admission,
    ) -> Result<Published, PublishError> {
        let publication = Publication { event: event.clone(), to, admission, delay: Duration::ZERO };
        self.broker.publish(vec![publication]).await.pop().unwrap()
    }

    /// Publishes that many and gives their sequences.
    pub(super) async fn publish_many(&self, event_type: &str, count: usize) -> Vec<u64> {
        let mut sequences = Vec::new();
        for _ in 0..count {
            sequences.push(self.publish(&event(event_type)).await.sequence);
        }
        sequences
    }

    pub(super) async fn backlog(&self, specs: &[&SubscriptionSpec]) -> Backlog {
        let ids: Vec<_> = specs.iter().map(|spec| spec.id.clone()).collect();
        self.broker.backlog(&ids).await.unwrap()
    }

    pub(super) async fn advance(&self, duration: Duration) {
        self.clock.advance(duration).await;
    }
}

/// What a future gives without waiting.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// What can be drawn without waiting.
pub(super) fn draw(member: &mut Box<dyn Subscription>, max: usize) -> Vec<Delivery> {
    at_once(member.next(max)).map(Result::unwrap).unwrap_or_default()
}

/// The one delivery that can be drawn without waiting.
pub(super) fn draw_one(member: &mut Box<dyn Subscription>) -> Delivery {
    draw(member, 1).pop().expect("nothing to draw")
}

pub(super) fn sequences(deliveries: &[Delivery]) -> Vec<u64> {
    deliveries.iter().map(|delivery| delivery.sequence).collect()
}

pub(super) async fn ack_all(deliveries: Vec<Delivery>) {
    for delivery in deliveries {
        delivery.receipt.ack().await.unwrap();
    }
}

/// Lets the other tasks of a current-thread runtime run until they wait.
pub(super) async fn let_run() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
