//! What could not be handled.

use super::*;
use crate::broker::{Body, DeadLetter, DeadLetterReason, SettleError};

pub(super) fn letter(spec: &SubscriptionSpec, delivery: &Delivery) -> DeadLetter {
    DeadLetter {
        subscription: spec.id.clone(),
        sequence: delivery.sequence,
        body: Body::Event(delivery.event.clone()),
        reason: DeadLetterReason::Rejected,
        first_errors: vec!["not now".into()],
        errors: vec!["no".into()],
        handler: "tests::handler".into(),
        attempts: 1,
        first_failure: Timestamp::now(),
        last_failure: Timestamp::now(),
    }
}

async fn give_up(spec: &SubscriptionSpec, member: &mut Box<dyn Subscription>) -> String {
    let delivery = draw_one(member);
    let letter = letter(spec, &delivery);
    let id = letter.id();
    delivery.receipt.dead_letter(letter).await.unwrap();
    id
}

#[tokio::test]
async fn a_dead_letter_is_kept_once_and_never_handed_out_again() {
    let bench = Bench::new();
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    bench.publish(&event("x")).await;
    let delivery = draw_one(&mut member);
    let first = letter(&spec, &delivery);
    delivery.receipt.dead_letter(first.clone()).await.unwrap();
    assert!(matches!(delivery.receipt.dead_letter(first).await, Err(SettleError::Lost)));
    bench.advance(LEASE * 2).await;
    assert!(draw(&mut member, 9).is_empty());
    let kept = bench.broker.dead_letters().list(9).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].sequence, kept[0].body.event()), (1, Some(&delivery.event)));
    assert_eq!(bench.backlog(&[&spec]).await.total(), 0);
}

#[tokio::test]
async fn a_replayed_one_goes_to_its_subscription_only_and_counts_from_one() {
    let bench = Bench::new();
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    let mut sibling = bench.join(&group("a", ">")).await;
    let mut observer = bench.join(&SubscriptionSpec { hears: Hears::All, ..group("b", ">") }).await;
    let event = event("x");
    bench.publish(&event).await;
    draw(&mut sibling, 9);
    draw(&mut observer, 9);
    let id = give_up(&spec, &mut member).await;

    let letters = bench.broker.dead_letters();
    assert!(letters.replay(&id).await.unwrap());
    assert!(!letters.replay(&id).await.unwrap());
    assert!(letters.list(9).await.unwrap().is_empty());
    let again = draw_one(&mut member);
    assert_eq!((&again.event, again.sequence, again.delivered), (&event, 2, 1));
    again.receipt.ack().await.unwrap();
    assert!(draw(&mut sibling, 9).is_empty() && draw(&mut observer, 9).is_empty());
    let late = spec_from_beginning("late");
    assert_eq!(sequences(&draw(&mut bench.join(&late).await, 9)), [1]);
}

fn spec_from_beginning(agent: &str) -> SubscriptionSpec {
    spec(agent, ">", Kind::Group { start: Start::Beginning, ordered: false, was: None })
}

#[tokio::test]
async fn a_replayed_one_finds_its_subscription_under_its_new_name() {
    let bench = Bench::new();
    let old = group("a", "x");
    let mut member = bench.join(&old).await;
    bench.publish(&event("x")).await;
    let id = give_up(&old, &mut member).await;
    let new = spec("a", "x.>", Kind::Group { start: Start::Now, ordered: false, was: Some(old.id.clone()) });
    let mut renamed = bench.join(&new).await;
    assert!(bench.broker.dead_letters().replay(&id).await.unwrap());
    assert_eq!(draw_one(&mut renamed).sequence, 2);
}

#[tokio::test]
async fn a_letter_whose_subscription_is_gone_stays() {
    let bench = Bench::new();
    let cast = spec("a", "x", Kind::Broadcast);
    let mut member = bench.join(&cast).await;
    bench.publish(&event("x")).await;
    let id = give_up(&cast, &mut member).await;
    drop(member);
    assert!(bench.broker.dead_letters().replay(&id).await.is_err());
    assert_eq!(bench.broker.dead_letters().list(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_oldest_are_listed_first_and_a_purged_one_is_gone() {
    let bench = Bench::new();
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    bench.publish_many("x", 3).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(give_up(&spec, &mut member).await);
    }
    let letters = bench.broker.dead_letters();
    assert!(letters.purge(&ids[0]).await.unwrap());
    assert!(!letters.purge(&ids[0]).await.unwrap());
    let listed: Vec<_> = letters.list(1).await.unwrap().iter().map(DeadLetter::id).collect();
    assert_eq!(listed, ids[1..2]);
}
