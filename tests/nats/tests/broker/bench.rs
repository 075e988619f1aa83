//! What all cases need: a server for all of them, a namespace for each, and short words for long calls.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    Address, Clock, EventDraft, EventEnvelope, EventTopic, Timestamp,
    broker::{
        Admission, Broker, Delivery, Hears, Kind, Publication, PublishError, Published, Start, Subscription,
        SubscriptionId, SubscriptionSpec,
    },
};
use soorma_nats_tests::NatsServer;

/// The server that most cases share. It ends with the process.
static SERVER: LazyLock<NatsServer> = LazyLock::new(|| NatsServer::start().unwrap());

pub(crate) const TOPIC: EventTopic = EventTopic::BusinessFacts;

/// The lease of everybody here who names no other.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// So long waits whoever expects something.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// So long waits whoever expects nothing.
pub(crate) const A_MOMENT: Duration = Duration::from_millis(400);

pub(crate) fn shared_url() -> String {
    SERVER.url()
}

pub(crate) fn namespace() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) struct Bench {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) url: String,
    pub(crate) namespace: String,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::on(&shared_url(), "").await
    }

    /// On a server of its own, with more parameters.
    pub(crate) async fn on(server: &str, parameters: &str) -> Self {
        let namespace = namespace();
        let url = format!("{server}?namespace={namespace}{parameters}");
        Self { broker: open(&url).await, url, namespace }
    }

    /// Another process, as it were.
    pub(crate) async fn again(&self) -> Self {
        Self { broker: open(&self.url).await, url: self.url.clone(), namespace: self.namespace.clone() }
    }

    pub(crate) async fn join(&self, spec: &SubscriptionSpec) -> Box<dyn Subscription> {
        self.broker.subscribe(spec).await.unwrap()
    }

    pub(crate) async fn publish(&self, event: &Arc<EventEnvelope>) -> Published {
        self.publish_to(event, Address::Everyone).await
    }

    pub(crate) async fn publish_to(&self, event: &Arc<EventEnvelope>, to: Address) -> Published {
        self.offer(publication(event, to)).await.unwrap()
    }

    pub(crate) async fn offer(&self, publication: Publication) -> Result<Published, PublishError> {
        self.broker.publish(vec![publication]).await.pop().unwrap()
    }

    pub(crate) fn stream(&self) -> String {
        format!("{}_{TOPIC}", self.namespace)
    }
}

async fn open(url: &str) -> Arc<dyn Broker> {
    soorma::connect::broker(url, &Clock::system()).await.unwrap()
}

pub(crate) fn publication(event: &Arc<EventEnvelope>, to: Address) -> Publication {
    Publication { event: event.clone(), to, admission: Admission::Always, delay: Duration::ZERO }
}

pub(crate) fn envelope(event_type: &str) -> EventEnvelope {
    let draft =
        EventDraft::new(TOPIC, event_type.to_owned(), &serde_json::json!({"of": event_type})).unwrap();
    EventEnvelope::root("tests", draft, Timestamp::now())
}

pub(crate) fn event(event_type: &str) -> Arc<EventEnvelope> {
    Arc::new(envelope(event_type))
}

pub(crate) fn keyed(event_type: &str, key: &str) -> Arc<EventEnvelope> {
    Arc::new(EventEnvelope { partition_key: Some(key.to_owned()), ..envelope(event_type) })
}

pub(crate) fn id(agent: &str, pattern: &str) -> SubscriptionId {
    SubscriptionId { agent: agent.into(), topic: TOPIC, pattern: pattern.into(), name: String::new() }
}

pub(crate) fn spec(agent: &str, pattern: &str, kind: Kind) -> SubscriptionSpec {
    SubscriptionSpec {
        id: id(agent, pattern),
        patterns: vec![pattern.parse().unwrap()],
        hears: Hears::Everyone,
        kind,
        lease: LEASE,
    }
}

pub(crate) fn group(agent: &str, pattern: &str) -> SubscriptionSpec {
    spec(agent, pattern, Kind::Group { start: Start::Now, ordered: false, was: None })
}

pub(crate) fn ordered(agent: &str, pattern: &str) -> SubscriptionSpec {
    spec(agent, pattern, Kind::Group { start: Start::Now, ordered: true, was: None })
}

/// Draws until there are so many.
pub(crate) async fn draw(member: &mut Box<dyn Subscription>, count: usize) -> Vec<Delivery> {
    let mut all: Vec<Delivery> = Vec::new();
    while all.len() < count {
        let next = tokio::time::timeout(SOON, member.next(count - all.len())).await;
        match next {
            Ok(some) => all.extend(some.unwrap()),
            Err(_) => panic!("only {} of {count} came", all.len()),
        }
    }
    all
}

pub(crate) async fn draw_one(member: &mut Box<dyn Subscription>) -> Delivery {
    draw(member, 1).await.pop().unwrap()
}

/// Nothing comes.
pub(crate) async fn nothing(member: &mut Box<dyn Subscription>) {
    if let Ok(some) = tokio::time::timeout(A_MOMENT, member.next(9)).await {
        panic!("{:?} came", some.unwrap());
    }
}

pub(crate) fn sequences(deliveries: &[Delivery]) -> Vec<u64> {
    deliveries.iter().map(|delivery| delivery.sequence).collect()
}

pub(crate) async fn ack_all(deliveries: Vec<Delivery>) {
    for delivery in deliveries {
        delivery.receipt.ack().await.unwrap();
    }
}
