//! What the tests of this broker share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use soorma::{
    Address, Clock, EventDraft, EventEnvelope,
    EventTopic::BusinessFacts,
    Timestamp,
    broker::{
        Backlog, Broker, Delivery, Hears, Kind, Publication, PublishError, Published, Start, Subscription,
        SubscriptionId, SubscriptionSpec,
    },
};
use soorma_sqlite_tests::Place;

/// How long anything is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A file of its own.
pub(crate) fn place() -> Place {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    Place::new(&format!("broker-{}", COUNT.fetch_add(1, Ordering::Relaxed))).unwrap()
}

/// One more process.
pub(crate) async fn open(file: &Place, parameters: &str) -> Arc<dyn Broker> {
    soorma::connect::broker(&format!("{}{parameters}", file.url()), &Clock::system()).await.unwrap()
}

pub(crate) fn group(agent: &str) -> SubscriptionSpec {
    SubscriptionSpec {
        id: SubscriptionId {
            agent: agent.into(),
            topic: BusinessFacts,
            pattern: "order.placed".into(),
            name: String::new(),
        },
        patterns: vec!["order.placed".parse().unwrap()],
        hears: Hears::Everyone,
        kind: Kind::Group { start: Start::Beginning, ordered: false, was: None },
        lease: Duration::from_secs(30),
    }
}

pub(crate) fn event(number: usize) -> EventEnvelope {
    let draft = EventDraft::new(BusinessFacts, "order.placed", &number).unwrap();
    EventEnvelope::root("shop", draft, Timestamp::now())
}

pub(crate) async fn publish(
    broker: &dyn Broker,
    publication: Publication,
) -> Result<Published, PublishError> {
    broker.publish(vec![publication]).await.remove(0)
}

/// Publishes these numbers, in one batch.
pub(crate) async fn publish_numbers(broker: &dyn Broker, numbers: std::ops::Range<usize>) {
    let batch = numbers.map(|number| Publication::new(event(number).into(), Address::Everyone)).collect();
    for result in broker.publish(batch).await {
        result.unwrap();
    }
}

pub(crate) fn number(delivery: &Delivery) -> usize {
    delivery.event.data.get().parse().unwrap()
}

pub(crate) async fn next(member: &mut dyn Subscription, max: usize) -> Vec<Delivery> {
    tokio::time::timeout(PATIENCE, member.next(max)).await.expect("nothing comes").unwrap()
}

pub(crate) async fn backlog(broker: &dyn Broker, spec: &SubscriptionSpec) -> Backlog {
    broker.backlog(std::slice::from_ref(&spec.id)).await.unwrap()
}
