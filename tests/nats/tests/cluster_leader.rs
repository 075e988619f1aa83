//! Three servers: one that leads the delayed events is killed, or there is no leader yet.

#![allow(clippy::unwrap_used)]

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use soorma::{
    Address, Clock, EventDraft, EventEnvelope, EventTopic, Timestamp,
    broker::{Admission, Hears, Kind, Publication, Start, SubscriptionId, SubscriptionSpec},
};
use soorma_nats_tests::NatsCluster;

fn spec() -> SubscriptionSpec {
    SubscriptionSpec {
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
    }
}

fn publication(n: u32, delay: Duration) -> Publication {
    let draft = EventDraft::new(EventTopic::BusinessFacts, "x", &n).unwrap();
    let event = Arc::new(EventEnvelope::root("tests", draft, Timestamp::now()));
    Publication { event, to: Address::Everyone, admission: Admission::Always, delay }
}

/// Which of the servers leads what keeps the delayed events.
async fn leader_of_delayed(cluster: &NatsCluster) -> usize {
    let jetstream = async_nats::jetstream::new(async_nats::connect(cluster.servers[0].url()).await.unwrap());
    let info = jetstream.get_stream("soorma_later").await.unwrap().get_info().await.unwrap();
    let leader = info.cluster.unwrap().leader.unwrap();
    leader.trim_start_matches('s').parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn delayed_events_come_once_and_never_early_when_the_leader_that_keeps_them_is_killed() {
    let mut cluster = NatsCluster::start(3).unwrap();
    let url = format!("{}?replicas=3", cluster.url());
    let broker = soorma::connect::broker(&url, &Clock::system()).await.unwrap();
    let mut member = broker.subscribe(&spec()).await.unwrap();
    let delay = Duration::from_secs(6);
    let delayed: Vec<Publication> = (0..50).map(|n| publication(n, delay)).collect();
    let ids: HashSet<String> = delayed.iter().map(|one| one.event.id.to_string()).collect();
    let published = Instant::now();
    for result in broker.publish(delayed).await {
        result.unwrap();
    }
    let leader = leader_of_delayed(&cluster).await;
    cluster.servers[leader].kill();
    let mut found = Vec::new();
    while found.len() < 50 {
        // Half a minute passes until a server draws from a stream whose leader it has lost.
        let next = tokio::time::timeout(Duration::from_secs(90), member.next(50)).await;
        let Ok(next) = next else { panic!("{} of 50", found.len()) };
        assert!(published.elapsed() >= delay, "{:?} is too early", published.elapsed());
        for delivery in next.unwrap() {
            found.push(delivery.event.id.to_string());
            delivery.receipt.ack().await.unwrap();
        }
    }
    println!("the last came after {:?}", published.elapsed());
    assert_eq!(found.into_iter().collect::<HashSet<_>>(), ids);
    let again = tokio::time::timeout(Duration::from_secs(2), member.next(1)).await;
    assert!(again.is_err(), "{again:?} came twice");
}

/// Waits until nobody answers for the cluster: a leader that is alone knows of it after 10 s.
async fn has_no_leader(url: &str) {
    let client = async_nats::connect(url).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let asked = client.request("$JS.API.INFO", "".into());
        match tokio::time::timeout(Duration::from_secs(2), asked).await {
            Ok(Ok(answer)) if !answer.payload.windows(8).any(|part| part == b"\"error\":") => {
                assert!(Instant::now() < deadline, "it still has a leader");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            _ => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_has_no_leader_yet_is_waited_for() {
    let mut cluster = NatsCluster::start(3).unwrap();
    cluster.servers[1].kill();
    cluster.servers[2].kill();
    has_no_leader(&cluster.servers[0].url()).await;
    let url = cluster.servers[0].url_with("connect=60s");
    let waits = tokio::spawn(async move { soorma::connect::broker(&url, &Clock::system()).await });
    // Longer than one request to JetStream may take.
    tokio::time::sleep(Duration::from_secs(12)).await;
    assert!(!waits.is_finished());
    cluster.servers[1].run().unwrap();
    cluster.servers[2].run().unwrap();
    assert!(waits.await.unwrap().unwrap().health().await.is_ok());
}
