//! Who gets an event: one member a group, every group, every broadcast; and from when on.

use super::*;
use crate::broker::{BrokerError, SettleError};

#[tokio::test]
async fn the_members_of_a_group_share_and_groups_do_not() {
    let bench = Bench::new();
    let (mut one, mut two) = (bench.join(&group("a", "x")).await, bench.join(&group("a", "x")).await);
    let mut other = bench.join(&group("b", "x")).await;
    let all = bench.publish_many("x", 4).await;
    let first = draw(&mut one, 2);
    assert_eq!(sequences(&first), all[..2]);
    assert_eq!(sequences(&draw(&mut two, 9)), all[2..]);
    assert_eq!(sequences(&draw(&mut other, 9)), all);
    ack_all(first).await;
    assert!(draw(&mut one, 9).is_empty() && draw(&mut two, 9).is_empty());
}

#[tokio::test]
async fn an_event_goes_to_those_whose_pattern_matches_and_once_to_each() {
    let bench = Bench::new();
    let mut exact = bench.join(&group("a", "order.placed")).await;
    let mut star = bench.join(&group("a", "order.*")).await;
    let twice = SubscriptionSpec {
        patterns: ["order.placed", "order.>", "order.placed"].map(|p| p.parse().unwrap()).to_vec(),
        ..group("b", "x")
    };
    let mut twice = bench.join(&twice).await;
    let same = ["order.placed", "order.placed"].map(|p| p.parse().unwrap()).to_vec();
    let mut same = bench.join(&SubscriptionSpec { patterns: same, ..group("c", "x") }).await;
    bench.publish(&event("order.placed")).await;
    bench.publish(&event("order.placed.late")).await;
    bench.publish(&event("bill.placed")).await;
    assert_eq!(sequences(&draw(&mut exact, 9)), [1]);
    assert_eq!(sequences(&draw(&mut star, 9)), [1]);
    assert_eq!(sequences(&draw(&mut twice, 9)), [1, 2]);
    assert_eq!(sequences(&draw(&mut same, 9)), [1]);
}

#[tokio::test]
async fn what_is_published_while_no_member_is_there_waits() {
    let bench = Bench::new();
    bench.broker.provision(&[group("a", "x")], Drifted::Keep).await.unwrap();
    drop(bench.join(&group("a", "x")).await);
    let all = bench.publish_many("x", 3).await;
    assert_eq!(sequences(&draw(&mut bench.join(&group("a", "x")).await, 9)), all);
}

#[tokio::test]
async fn a_new_group_starts_where_it_says_and_a_known_one_keeps_its_position() {
    let bench = Bench::new();
    bench.publish_many("x", 2).await;
    bench.publish_many("y", 1).await;
    let start = |agent, start| spec(agent, "x", Kind::Group { start, ordered: false, was: None });
    let mut beginning = bench.join(&start("a", Start::Beginning)).await;
    let mut now = bench.join(&start("b", Start::Now)).await;
    bench.publish_many("x", 1).await;
    assert_eq!(sequences(&draw(&mut now, 9)), [4]);
    let drawn = draw(&mut beginning, 9);
    assert_eq!(sequences(&drawn), [1, 2, 4]);
    ack_all(drawn).await;
    bench.broker.provision(&[start("a", Start::Beginning)], Drifted::Keep).await.unwrap();
    assert!(draw(&mut beginning, 9).is_empty());
}

#[tokio::test]
async fn a_new_group_gets_what_retention_has_left_and_what_others_have_not_settled() {
    let bench = Bench::with_limits(MemoryLimits { retention: 2, ..MemoryLimits::default() });
    let mut slow = bench.join(&group("slow", "x")).await;
    let all = bench.publish_many("x", 5).await;
    let drawn = draw(&mut slow, 9);
    let newcomer =
        |agent| spec(agent, ">", Kind::Group { start: Start::Beginning, ordered: false, was: None });
    let mut early = bench.join(&newcomer("early")).await;
    let seen = draw(&mut early, 9);
    assert_eq!(sequences(&seen), all);
    ack_all(drawn).await;
    ack_all(seen).await;
    assert_eq!(sequences(&draw(&mut bench.join(&newcomer("late")).await, 9)), all[3..]);
}

#[tokio::test]
async fn every_broadcast_member_gets_everything_from_its_arrival_until_it_leaves() {
    let bench = Bench::new();
    let cast = spec("a", "x", Kind::Broadcast);
    let mut one = bench.join(&cast).await;
    bench.publish_many("x", 1).await;
    let mut two = bench.join(&cast).await;
    bench.publish_many("x", 1).await;
    let held = draw(&mut one, 9);
    assert_eq!(sequences(&held), [1, 2]);
    assert_eq!(sequences(&draw(&mut two, 9)), [2]);
    assert_eq!(bench.backlog(&[&cast]).await.in_flight, 3);
    drop(one);
    assert_eq!(bench.backlog(&[&cast]).await.total(), 1);
    // Its place is used again, and its receipts must not act on whoever has it now.
    let mut three = bench.join(&cast).await;
    bench.publish_many("x", 2).await;
    let again = draw(&mut three, 9);
    assert!(held[0].receipt.ack().await.is_err() && held[1].receipt.extend().await.is_err());
    ack_all(again).await;
}

#[tokio::test]
async fn whoever_takes_the_place_of_a_broadcast_that_left_hears_nothing_of_what_that_heard() {
    let bench = Bench::new();
    for left in ["x", ">"] {
        drop(bench.join(&spec("a", left, Kind::Broadcast)).await);
        let mut member = bench.join(&spec("a", "y", Kind::Broadcast)).await;
        bench.publish(&event("x")).await;
        let expected = bench.publish(&event("y")).await.sequence;
        assert_eq!(sequences(&draw(&mut member, 9)), [expected]);
    }
}

#[tokio::test]
async fn one_member_of_two_leaves_and_the_other_goes_on() {
    let bench = Bench::new();
    let (mut one, two) = (bench.join(&group("a", "x")).await, bench.join(&group("a", "x")).await);
    drop(two);
    let all = bench.publish_many("x", 2).await;
    assert_eq!(sequences(&draw(&mut one, 9)), all);
}

#[tokio::test]
async fn a_renamed_subscription_takes_over_the_position_of_the_old_one() {
    let bench = Bench::new();
    let old = group("a", "x");
    let mut member = bench.join(&old).await;
    let all = bench.publish_many("x", 4).await;
    let (first, second) = (draw_one(&mut member), draw_one(&mut member));
    first.receipt.ack().await.unwrap();
    second.receipt.hand_back(Duration::from_secs(1)).await.unwrap();
    drop(member);
    let mut new =
        spec("a", "x", Kind::Group { start: Start::Now, ordered: false, was: Some(old.id.clone()) });
    new.id.name = "renamed".to_owned();
    let mut member = bench.join(&new).await;
    assert_eq!(sequences(&draw(&mut member, 9)), all[2..]);
    bench.advance(Duration::from_secs(1)).await;
    let back = draw_one(&mut member);
    assert_eq!((back.sequence, back.delivered), (all[1], 2));
    assert_eq!(bench.backlog(&[&old]).await.total(), 0);
    assert_eq!(bench.backlog(&[&new]).await.in_flight, 3);
    // Once both exist, the name that it had before means nothing.
    bench.broker.provision(&[old.clone(), new.clone()], Drifted::Keep).await.unwrap();
    bench.publish_many("x", 1).await;
    assert_eq!(bench.backlog(&[&old]).await.waiting, 1);
    assert_eq!(bench.backlog(&[&new]).await.total(), 4);
}

#[tokio::test]
async fn other_patterns_hold_for_what_is_published_from_then_on() {
    let bench = Bench::new();
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish(&event("x")).await;
    let changed = SubscriptionSpec { patterns: vec!["y".parse().unwrap()], ..group("a", "x") };
    bench.broker.provision(&[changed], Drifted::Keep).await.unwrap();
    bench.publish(&event("x")).await;
    bench.publish(&event("y")).await;
    assert_eq!(sequences(&draw(&mut member, 9)), [1, 3]);
}

#[tokio::test]
async fn a_subscription_to_nothing_is_refused() {
    let bench = Bench::new();
    let nothing = SubscriptionSpec { patterns: Vec::new(), ..group("a", "x") };
    assert!(bench.broker.subscribe(&nothing).await.is_err());
}

#[tokio::test]
async fn a_member_that_waits_is_woken_and_one_that_gives_up_has_taken_nothing() {
    let bench = Bench::new();
    let mut impatient = bench.join(&group("a", "x")).await;
    let mut patient = bench.join(&group("a", "x")).await;
    let mut given_up = Box::pin(impatient.next(9));
    assert!(at_once(given_up.as_mut()).is_none());
    let waits = tokio::spawn(async move { sequences(&patient.next(9).await.unwrap()) });
    let_run().await;
    // The one that is told first is the one that gives up.
    let all = bench.publish_many("x", 1).await;
    drop(given_up);
    assert_eq!(waits.await.unwrap(), all);
}

#[tokio::test]
async fn what_one_member_leaves_another_that_waits_gets() {
    let bench = Bench::new();
    let mut tasks = Vec::new();
    let mut holder = bench.join(&group("a", "x")).await;
    bench.publish_many("x", 3).await;
    let held = draw(&mut holder, 3);
    for _ in 0..3 {
        let mut member = bench.join(&group("a", "x")).await;
        tasks.push(tokio::spawn(async move { member.next(1).await.unwrap().len() }));
    }
    let_run().await;
    drop(held);
    bench.advance(LEASE).await;
    for task in tasks {
        assert_eq!(task.await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_removed_subscription_holds_nothing_and_one_in_use_stays() {
    let bench = Bench::with_limits(MemoryLimits { retention: 1, ..MemoryLimits::default() });
    let (gone, stays) = (group("gone", "x"), group("stays", "x"));
    let mut member = bench.join(&gone).await;
    bench.broker.provision(std::slice::from_ref(&stays), Drifted::Keep).await.unwrap();
    bench.publish_many("x", 5).await;
    let held = draw(&mut member, 2);
    assert!(matches!(bench.broker.remove(&gone.id).await, Err(BrokerError::Refused(_))));
    drop(member);
    assert_eq!(bench.broker.durables().await.unwrap(), [gone.id.clone(), stays.id.clone()]);
    assert!(bench.broker.remove(&gone.id).await.unwrap());
    assert!(!bench.broker.remove(&gone.id).await.unwrap());
    assert_eq!(bench.broker.durables().await.unwrap(), std::slice::from_ref(&stays.id));
    assert!(matches!(held[0].receipt.ack().await, Err(SettleError::Lost)));
    assert_eq!(bench.broker.backlog(&[gone.id.clone(), stays.id]).await.unwrap().waiting, 5);
    // One of the same id is a new one.
    assert!(draw(&mut bench.join(&gone).await, 9).is_empty());
}
