//! Three servers, and one of them killed.

#![allow(clippy::unwrap_used)]

use std::{collections::HashSet, sync::Arc, time::Duration};

use soorma::{
    Address, Clock, EventDraft, EventEnvelope, EventTopic, Timestamp,
    broker::{Admission, Hears, Kind, Publication, Start, SubscriptionId, SubscriptionSpec},
    store::Key,
};
use soorma_nats_tests::NatsCluster;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_accepted_is_lost_when_one_of_three_servers_is_killed() {
    let mut cluster = NatsCluster::start(3).unwrap();
    let url = format!("{}?replicas=3", cluster.url());
    let (broker, store) = soorma::connect::both(&url, &Clock::system()).await.unwrap();
    let spec = SubscriptionSpec {
        id: SubscriptionId {
            agent: "a".into(),
            topic: EventTopic::BusinessFacts,
            pattern: "x".into(),
            name: String::new(),
        },
        patterns: vec!["x".parse().unwrap()],
        hears: Hears::Everyone,
        kind: Kind::Group { start: Start::Now, ordered: false, was: None },
        lease: Duration::from_secs(30),
    };
    let mut member = broker.subscribe(&spec).await.unwrap();
    let key = Key::from(["a"]);
    store.put(&key, b"1".to_vec(), None).await.unwrap();
    let publisher = broker.clone();
    let publishes = tokio::spawn(async move {
        let mut stored = HashSet::new();
        for n in 0..1000 {
            let draft = EventDraft::new(EventTopic::BusinessFacts, "x", &n).unwrap();
            let event = Arc::new(EventEnvelope::root("tests", draft, Timestamp::now()));
            stored.insert(event.id.clone());
            let one = Publication {
                event,
                to: Address::Everyone,
                admission: Admission::Always,
                delay: Duration::ZERO,
            };
            publisher.publish(vec![one]).await.pop().unwrap().unwrap();
        }
        stored
    });
    let mut found = HashSet::new();
    let mut killed = false;
    while found.len() < 1000 {
        let next = tokio::time::timeout(Duration::from_secs(40), member.next(50)).await;
        let Ok(next) = next else { panic!("{} of 1000", found.len()) };
        for delivery in next.unwrap() {
            found.insert(delivery.event.id.clone());
            delivery.receipt.ack().await.unwrap();
        }
        if found.len() > 300 && !killed {
            killed = true;
            cluster.servers[0].kill();
        }
    }
    assert_eq!(publishes.await.unwrap(), found);
    let entry = store.get(&key).await.unwrap().unwrap();
    assert_eq!(entry.value, b"1");
    store.compare_and_set(&key, entry.revision, b"2".to_vec(), None).await.unwrap();
    assert!(broker.health().await.is_ok());
}
