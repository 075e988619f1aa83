//! Many at once, on several threads and the system's clock.

use std::{collections::HashMap, sync::Mutex};

use tokio::task::JoinSet;

use super::*;

const EVENTS: usize = 5_000;
const PUBLISHERS: usize = 50;

/// Runs members until all is settled; gives how often each sequence was settled, in the order of settlement.
async fn run(spec: SubscriptionSpec, publication: fn(usize) -> Publication) -> Vec<(u64, Option<String>)> {
    let limits = MemoryLimits { capacity: 64, retention: 100, ..MemoryLimits::default() };
    let broker = Arc::new(MemoryBroker::with_limits(Clock::system(), limits));
    broker.provision(std::slice::from_ref(&spec), Drifted::Keep).await.unwrap();
    let settled = Arc::new(Mutex::new(Vec::new()));
    let mut members = JoinSet::new();
    for member in 0..10 {
        let mut subscription = broker.subscribe(&spec).await.unwrap();
        let settled = settled.clone();
        members.spawn(async move {
            while let Ok(drawn) = subscription.next(1 + member).await {
                for delivery in drawn {
                    if delivery.delivered == 1 && delivery.sequence.is_multiple_of(7) {
                        let delay = Duration::from_millis(delivery.sequence % 3);
                        delivery.receipt.hand_back(delay).await.unwrap();
                        continue;
                    }
                    let entry = (delivery.sequence, delivery.event.partition_key.clone());
                    settled.lock().unwrap().push(entry);
                    delivery.receipt.ack().await.unwrap();
                }
            }
        });
    }
    let mut publishers = JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let broker = broker.clone();
        publishers.spawn(async move {
            for n in 0..EVENTS / PUBLISHERS {
                let publication = publication(publisher * EVENTS + n);
                assert!(!broker.publish(vec![publication]).await[0].as_ref().unwrap().duplicate);
            }
        });
    }
    while let Some(done) = publishers.join_next().await {
        done.unwrap();
    }
    while broker.backlog(std::slice::from_ref(&spec.id)).await.unwrap().total() > 0 {
        tokio::task::yield_now().await;
    }
    broker.close().await;
    while let Some(done) = members.join_next().await {
        done.unwrap();
    }
    std::mem::take(&mut settled.lock().unwrap())
}

fn assert_each_once(settled: &[(u64, Option<String>)]) {
    let mut sequences: Vec<u64> = settled.iter().map(|(sequence, _)| *sequence).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=EVENTS as u64).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_many_publishers_and_members_none_is_missing_and_none_comes_twice() {
    let settled = run(group("a", "x"), |_| Publication {
        event: event("x"),
        to: Address::Everyone,
        admission: Admission::Within(Duration::from_secs(60)),
        delay: Duration::ZERO,
    })
    .await;
    assert_each_once(&settled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_many_publishers_and_members_every_key_keeps_its_order() {
    let settled = run(ordered("a", "x"), |n| Publication {
        event: keyed("x", &(n % 40).to_string()),
        to: Address::Everyone,
        admission: Admission::Within(Duration::from_secs(60)),
        delay: Duration::ZERO,
    })
    .await;
    assert_each_once(&settled);
    let mut last: HashMap<String, u64> = HashMap::new();
    for (sequence, key) in settled {
        let before = last.insert(key.unwrap(), sequence);
        assert!(before < Some(sequence), "{before:?} before {sequence}");
    }
}
