//! Order by key.

use super::*;

const ONE: Duration = Duration::from_secs(1);

#[tokio::test]
async fn events_of_one_key_go_one_at_a_time_across_members_redelivery_included() {
    let bench = Bench::new();
    let spec = ordered("a", "x");
    let (mut one, mut two) = (bench.join(&spec).await, bench.join(&spec).await);
    for _ in 0..3 {
        bench.publish(&keyed("x", "k")).await;
    }
    let first = draw_one(&mut one);
    assert!(draw(&mut one, 9).is_empty() && draw(&mut two, 9).is_empty());
    assert_eq!(bench.backlog(&[&spec]).await.waiting, 2);

    // In backoff it keeps its place.
    first.receipt.hand_back(ONE).await.unwrap();
    assert!(draw(&mut two, 9).is_empty());
    bench.advance(ONE).await;
    let first = draw_one(&mut two);
    assert_eq!((first.sequence, first.delivered), (1, 2));

    // So it does when its holder is gone.
    drop(first);
    assert!(draw(&mut one, 9).is_empty());
    bench.advance(LEASE).await;
    let first = draw_one(&mut one);
    assert_eq!((first.sequence, first.delivered), (1, 3));
    first.receipt.hand_back(Duration::ZERO).await.unwrap();
    let first = draw_one(&mut one);
    assert_eq!(first.sequence, 1);

    first.receipt.ack().await.unwrap();
    let second = draw(&mut two, 9);
    assert_eq!(sequences(&second), [2]);
    ack_all(second).await;
    let third = draw(&mut one, 9);
    assert_eq!(sequences(&third), [3]);
    ack_all(third).await;
    bench.publish(&keyed("x", "k")).await;
    assert_eq!(sequences(&draw(&mut one, 9)), [4]);
}

#[tokio::test]
async fn other_keys_and_events_without_one_do_not_wait() {
    let bench = Bench::new();
    let mut member = bench.join(&ordered("a", "x")).await;
    // Two keys of different lanes.
    let keys = ["k", "l", "m"];
    let other = keys.iter().find(|key| crate::broker::lane_of(key) != crate::broker::lane_of("k")).unwrap();
    bench.publish(&keyed("x", "k")).await;
    bench.publish(&keyed("x", "k")).await;
    bench.publish(&keyed("x", other)).await;
    bench.publish(&event("x")).await;
    bench.publish(&event("x")).await;
    let mut drawn = sequences(&draw(&mut member, 9));
    drawn.sort_unstable();
    assert_eq!(drawn, [1, 3, 4, 5]);
}

#[tokio::test]
async fn a_member_that_waits_is_woken_when_the_lane_comes_free() {
    let bench = Bench::new();
    let (mut one, mut two) = (bench.join(&ordered("a", "x")).await, bench.join(&ordered("a", "x")).await);
    bench.publish(&keyed("x", "k")).await;
    bench.publish(&keyed("x", "k")).await;
    let first = draw_one(&mut one);
    let waits = tokio::spawn(async move { sequences(&two.next(9).await.unwrap()) });
    let_run().await;
    assert!(!waits.is_finished());
    first.receipt.ack().await.unwrap();
    assert_eq!(waits.await.unwrap(), [2]);
}

#[tokio::test]
async fn the_backlog_of_a_new_subscription_keeps_its_order() {
    let bench = Bench::new();
    for _ in 0..2 {
        bench.publish(&keyed("x", "k")).await;
    }
    let late = spec("a", "x", Kind::Group { start: Start::Beginning, ordered: true, was: None });
    let mut member = bench.join(&late).await;
    assert_eq!(sequences(&draw(&mut member, 9)), [1]);
}

#[tokio::test]
async fn a_subscription_can_become_ordered_and_be_so_no_more() {
    let bench = Bench::new();
    let mut member = bench.join(&group("a", "x")).await;
    for _ in 0..4 {
        bench.publish(&keyed("x", "k")).await;
    }
    bench.broker.provision(&[ordered("a", "x")], Drifted::Keep).await.unwrap();
    let first = draw(&mut member, 9);
    assert_eq!(sequences(&first), [1]);
    bench.broker.provision(&[group("a", "x")], Drifted::Keep).await.unwrap();
    assert_eq!(sequences(&draw(&mut member, 2)), [2, 3]);
    bench.broker.provision(&[ordered("a", "x")], Drifted::Keep).await.unwrap();
    assert!(draw(&mut member, 9).is_empty());
    ack_all(first).await;
    assert_eq!(sequences(&draw(&mut member, 9)), [4]);
}

#[tokio::test]
async fn a_lane_that_was_left_unordered_is_free_when_the_order_comes_back() {
    let bench = Bench::new();
    let mut member = bench.join(&ordered("a", "x")).await;
    for _ in 0..2 {
        bench.publish(&keyed("x", "k")).await;
    }
    bench.broker.provision(&[group("a", "x")], Drifted::Keep).await.unwrap();
    let both = draw(&mut member, 9);
    assert_eq!(sequences(&both), [1, 2]);
    ack_all(both).await;
    bench.broker.provision(&[ordered("a", "x")], Drifted::Keep).await.unwrap();
    bench.publish(&keyed("x", "k")).await;
    assert_eq!(sequences(&draw(&mut member, 9)), [3]);
}

#[tokio::test]
async fn neither_a_backlog_without_keys_nor_a_storm_of_failures_holds_up_a_lane() {
    let bench = Bench::new();
    let mut member = bench.join(&ordered("a", "x")).await;
    bench.publish_many("x", 100).await;
    for failed in draw(&mut member, 100) {
        failed.receipt.hand_back(Duration::ZERO).await.unwrap();
    }
    bench.publish_many("x", 100).await;
    bench.publish(&keyed("x", "k")).await;
    bench.publish(&keyed("x", "k")).await;
    let drawn = draw(&mut member, 3);
    let first = drawn.iter().find(|one| one.sequence == 201).unwrap();
    first.receipt.ack().await.unwrap();
    assert!(sequences(&draw(&mut member, 3)).contains(&202));
}
