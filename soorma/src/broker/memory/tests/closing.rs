//! The end of a handle.

use super::*;
use crate::broker::BrokerError;

#[tokio::test]
async fn those_who_wait_are_woken_and_every_later_call_fails() {
    let limits = MemoryLimits { capacity: 1, ..MemoryLimits::default() };
    let bench = Arc::new(Bench::with_limits(limits));
    let (full, idle) = (group("a", "x"), group("a", "y"));
    let mut holder = bench.join(&full).await;
    bench.publish(&event("x")).await;
    let held = draw_one(&mut holder);
    let mut member = bench.join(&idle).await;
    let draws = tokio::spawn(async move { member.next(1).await.map(|drawn| drawn.len()) });
    let publishes = tokio::spawn({
        let bench = bench.clone();
        async move { bench.offer(&event("x"), Address::Everyone, Admission::Within(LEASE)).await }
    });
    let_run().await;
    assert!(bench.broker.health().await.is_ok());

    bench.broker.close().await;
    assert!(matches!(draws.await.unwrap(), Err(BrokerError::Closed)));
    assert!(matches!(publishes.await.unwrap(), Err(PublishError::Closed)));
    assert!(matches!(holder.next(1).await, Err(BrokerError::Closed)));
    let late = bench.offer(&event("y"), Address::Everyone, Admission::Always).await;
    assert!(matches!(late, Err(PublishError::Closed)));
    let broker = &bench.broker;
    assert!(matches!(broker.health().await, Err(BrokerError::Closed)));
    assert!(matches!(broker.provision(&[], Drifted::Keep).await, Err(BrokerError::Closed)));
    assert!(matches!(broker.subscribe(&idle).await.err(), Some(BrokerError::Closed)));
    assert!(matches!(broker.backlog(&[]).await, Err(BrokerError::Closed)));
    assert!(matches!(broker.dead_letters().list(1).await, Err(BrokerError::Closed)));
    assert!(held.receipt.ack().await.is_err());
}
