//! Order by key.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use soorma::broker::{Kind, Start};

use crate::bench::*;

#[tokio::test]
async fn the_next_of_a_key_comes_when_the_one_before_is_settled_redelivery_included() {
    let bench = Bench::new().await;
    let mut member = bench.join(&ordered("a", "x")).await;
    let mut other = bench.again().await.join(&ordered("a", "x")).await;
    for key in ["k", "k", "k"] {
        bench.publish(&keyed("x", key)).await;
    }
    bench.publish(&event("x")).await;
    bench.publish(&event("x")).await;
    let mut drawn = draw(&mut member, 3).await;
    nothing(&mut other).await;
    drawn.sort_by_key(|delivery| delivery.sequence);
    assert_eq!(sequences(&drawn), [1, 4, 5], "the first of the key, and all without one");
    drawn.remove(0).receipt.hand_back(Duration::from_millis(600)).await.unwrap();
    ack_all(drawn).await;
    nothing(&mut other).await;
    for expected in [1, 2, 3] {
        let next = tokio::select! {
            one = member.next(1) => one.unwrap().pop().unwrap(),
            one = other.next(1) => one.unwrap().pop().unwrap(),
        };
        assert_eq!(next.sequence, expected);
        next.receipt.ack().await.unwrap();
    }
}

#[tokio::test]
async fn keys_of_many_lanes_keep_their_order_over_two_processes() {
    let bench = Bench::new().await;
    bench.join(&ordered("a", "x")).await;
    let mut batch = Vec::new();
    let mut expected: HashMap<String, Vec<String>> = HashMap::new();
    for n in 0..400 {
        let key = format!("key-{}", n % 20);
        let event = keyed("x", &key);
        expected.entry(key).or_default().push(event.id.to_string());
        batch.push(publication(&event, Default::default()));
    }
    assert!(bench.broker.publish(batch).await.iter().all(Result::is_ok));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for _ in 0..2 {
        let bench = bench.again().await;
        let seen = seen.clone();
        tasks.push(tokio::spawn(async move {
            let mut member = bench.join(&ordered("a", "x")).await;
            while let Ok(some) = tokio::time::timeout(Duration::from_secs(2), member.next(8)).await {
                for delivery in some.unwrap() {
                    let key = delivery.event.partition_key.clone().unwrap();
                    // Every seventh fails once.
                    if delivery.sequence % 7 == 0 && delivery.delivered == 1 {
                        delivery.receipt.hand_back(Duration::from_millis(5)).await.unwrap();
                    } else {
                        seen.lock().unwrap().push((key, delivery.event.id.to_string()));
                        delivery.receipt.ack().await.unwrap();
                    }
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let left = bench.broker.backlog(&[id("a", "x")]).await.unwrap();
    assert_eq!((left.waiting, left.in_flight), (0, 0));
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for (key, id) in seen.lock().unwrap().iter() {
        found.entry(key.clone()).or_default().push(id.clone());
    }
    assert!(found == expected, "in another order");
}

#[tokio::test]
async fn what_came_too_early_keeps_its_lease_until_it_is_drawn() {
    let bench = Bench::new().await;
    let spec = soorma::broker::SubscriptionSpec { lease: Duration::from_secs(1), ..ordered("a", "x") };
    let mut member = bench.join(&spec).await;
    for n in 0..40 {
        bench.publish(&keyed("x", &n.to_string())).await;
    }
    // Each lane gives its first, and the member has room for one.
    let first = draw_one(&mut member).await;
    first.receipt.ack().await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut drawn = 1;
    while drawn < 40 {
        let delivery = draw_one(&mut member).await;
        assert_eq!(delivery.delivered, 1, "of {}", delivery.sequence);
        delivery.receipt.ack().await.unwrap();
        drawn += 1;
    }
}

#[tokio::test]
async fn a_subscription_that_becomes_ordered_or_stops_to_be_loses_nothing() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", "x")).await;
    for _ in 0..3 {
        bench.publish(&keyed("x", "k")).await;
    }
    draw_one(&mut member).await.receipt.ack().await.unwrap();
    drop(member);
    for turn in [true, false, true] {
        let kind = Kind::Group { start: Start::Now, ordered: turn, was: None };
        drop(bench.join(&spec("a", "x", kind)).await);
    }
    let mut member = bench.join(&ordered("a", "x")).await;
    for expected in [2, 3] {
        let next = draw_one(&mut member).await;
        assert_eq!(next.sequence, expected);
        next.receipt.ack().await.unwrap();
    }
    nothing(&mut member).await;
    assert_eq!(bench.broker.durables().await.unwrap(), [id("a", "x")]);
    assert_eq!(bench.broker.backlog(&[id("a", "x")]).await.unwrap().total(), 0);
}
