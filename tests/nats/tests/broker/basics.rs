//! Published, drawn, settled.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use soorma::{
    EventEnvelope,
    broker::{BrokerError, Kind, Receipt, SettleError, Start},
};

use crate::bench::*;

#[tokio::test]
async fn an_event_arrives_as_it_was_published() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", "order.*")).await;
    let mut full = envelope("order.Größe!");
    full.subject = Some("größe ".repeat(50));
    full.traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into());
    full.extensions.insert("region".into(), "eu".into());
    let sent = std::sync::Arc::new(full);
    let published = bench.publish(&sent).await;
    let delivery = draw_one(&mut member).await;
    assert_eq!(*delivery.event, EventEnvelope { timestamp: delivery.event.timestamp, ..(*sent).clone() });
    assert_eq!((delivery.sequence, delivery.delivered), (published.sequence, 1));
    assert_eq!(delivery.event.data.get(), sent.data.get());
    delivery.receipt.ack().await.unwrap();
    nothing(&mut member).await;
    assert_eq!(bench.broker.backlog(&[id("a", "order.*")]).await.unwrap().total(), 0);
}

#[tokio::test]
async fn members_share_and_groups_do_not() {
    let bench = Bench::new().await;
    let mut one = bench.join(&group("a", "x")).await;
    let other_process = bench.again().await;
    let mut two = other_process.join(&group("a", "x")).await;
    let mut other = bench.join(&group("b", "x")).await;
    let batch = (0..40).map(|_| publication(&event("x"), Default::default())).collect();
    let stored: Vec<u64> =
        bench.broker.publish(batch).await.into_iter().map(|one| one.unwrap().sequence).collect();
    assert_eq!(stored, (stored[0]..stored[0] + 40).collect::<Vec<_>>());
    let mut shared = HashSet::new();
    for _ in 0..20 {
        for member in [&mut one, &mut two] {
            let delivery = draw_one(member).await;
            assert!(shared.insert(delivery.sequence));
            delivery.receipt.ack().await.unwrap();
        }
    }
    assert_eq!(shared.len(), 40);
    assert_eq!(sequences(&draw(&mut other, 40).await), stored);
}

#[tokio::test]
async fn a_group_that_is_away_finds_all_when_it_comes_back_and_a_new_one_starts_where_it_says() {
    let bench = Bench::new().await;
    drop(bench.join(&group("a", "x")).await);
    bench.broker.provision(&[group("p", "x")], soorma::broker::Drifted::Keep).await.unwrap();
    for _ in 0..3 {
        bench.publish(&event("x")).await;
    }
    assert_eq!(sequences(&draw(&mut bench.join(&group("a", "x")).await, 3).await), [1, 2, 3]);
    assert_eq!(draw(&mut bench.join(&group("p", "x")).await, 3).await.len(), 3);
    nothing(&mut bench.join(&group("now", "x")).await).await;
    let beginning = spec("all", "x", Kind::Group { start: Start::Beginning, ordered: false, was: None });
    assert_eq!(draw(&mut bench.join(&beginning).await, 3).await.len(), 3);
}

#[tokio::test]
async fn what_is_handed_back_comes_again_after_its_delay_and_is_counted() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish(&event("x")).await;
    let first = draw_one(&mut member).await;
    first.receipt.hand_back(Duration::ZERO).await.unwrap();
    assert!(matches!(first.receipt.ack().await, Err(SettleError::Lost)), "settled already");
    let second = draw_one(&mut member).await;
    assert_eq!(second.delivered, 2);
    let began = Instant::now();
    second.receipt.hand_back(Duration::from_millis(700)).await.unwrap();
    bench.publish(&event("x")).await;
    assert_eq!(draw_one(&mut member).await.sequence, 2, "nobody is held up");
    let third = draw_one(&mut member).await;
    assert_eq!((third.sequence, third.delivered), (1, 3));
    assert!(began.elapsed() >= Duration::from_millis(700) && began.elapsed() < Duration::from_millis(1200));
}

#[tokio::test]
async fn what_is_acknowledged_together_has_a_result_each() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", "x")).await;
    for _ in 0..3 {
        bench.publish(&event("x")).await;
    }
    let drawn = draw(&mut member, 3).await;
    drawn[1].receipt.hand_back(Duration::from_secs(60)).await.unwrap();
    let receipts: Vec<&dyn Receipt> = drawn.iter().map(|delivery| &*delivery.receipt).collect();
    let acked = bench.broker.ack_all(&receipts).await;
    assert!(matches!(acked[..], [Ok(()), Err(SettleError::Lost), Ok(())]), "{acked:?}");
    assert_eq!(bench.broker.backlog(&[id("a", "x")]).await.unwrap().total(), 1);
    let again = bench.broker.ack_all(&receipts).await;
    assert!(again.iter().all(|again| matches!(again, Err(SettleError::Lost))), "{again:?}");
}

#[tokio::test]
async fn a_lease_is_extended_and_one_that_ends_is_somebody_elses() {
    let bench = Bench::new().await;
    let spec = soorma::broker::SubscriptionSpec { lease: Duration::from_secs(1), ..group("a", "x") };
    let mut member = bench.join(&spec).await;
    let mut other = bench.again().await.join(&spec).await;
    bench.publish(&event("x")).await;
    let mine = draw_one(&mut member).await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        mine.receipt.extend().await.unwrap();
    }
    nothing(&mut other).await;
    let theirs = draw_one(&mut other).await;
    assert_eq!(theirs.delivered, 2);
    for lost in
        [mine.receipt.ack().await, mine.receipt.extend().await, mine.receipt.hand_back(Duration::ZERO).await]
    {
        assert!(matches!(lost, Err(SettleError::Lost)), "{lost:?}");
    }
    theirs.receipt.ack().await.unwrap();
}

#[tokio::test]
async fn a_draw_that_is_dropped_has_taken_nothing() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", "x")).await;
    let mut drawn = Vec::new();
    for _ in 0..20 {
        if let Ok(some) = tokio::time::timeout(Duration::from_micros(300), member.next(3)).await {
            drawn.extend(some.unwrap());
        }
        bench.publish(&event("x")).await;
    }
    drawn.extend(draw(&mut member, 20 - drawn.len()).await);
    assert_eq!(sequences(&drawn), (1..=20).collect::<Vec<_>>());
    assert!(drawn.iter().all(|delivery| delivery.delivered == 1));
}

#[tokio::test]
async fn a_member_that_goes_gives_back_what_it_had_not_drawn() {
    let bench = Bench::new().await;
    for round in 0..10 {
        let mut member = bench.join(&group("a", "x")).await;
        if let Ok(some) = tokio::time::timeout(Duration::from_millis(round), member.next(9)).await {
            for delivery in some.unwrap() {
                delivery.receipt.hand_back(Duration::ZERO).await.unwrap();
            }
        }
        bench.publish(&event("x")).await;
        drop(member);
    }
    let mut member = bench.join(&group("a", "x")).await;
    let mut found: Vec<u64> = sequences(&draw(&mut member, 10).await);
    found.sort_unstable();
    assert_eq!(found, (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_closed_broker_says_so() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish(&event("x")).await;
    let held = draw_one(&mut member).await;
    let waits = tokio::spawn(async move { member.next(1).await.map(|some| some.len()) });
    tokio::time::sleep(Duration::from_millis(100)).await;
    bench.broker.close().await;
    assert!(matches!(waits.await.unwrap(), Err(BrokerError::Closed)));
    let again = bench.offer(publication(&event("x"), Default::default())).await;
    assert!(matches!(again, Err(soorma::broker::PublishError::Closed)));
    assert!(matches!(held.receipt.ack().await, Err(SettleError::Unavailable(_))));
    assert!(matches!(bench.broker.health().await, Err(BrokerError::Closed)));
    assert!(matches!(bench.broker.durables().await, Err(BrokerError::Closed)));
}
