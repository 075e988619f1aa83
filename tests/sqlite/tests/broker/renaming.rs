//! Subscriptions under another name, and replays that were addressed to the old one.

use soorma::{
    Timestamp,
    broker::{
        Body, Broker, DeadLetter, DeadLetterReason, Delivery, Kind, Start, Subscription, SubscriptionSpec,
    },
};

use crate::bench::{backlog, group, next, number, open, place, publish_numbers};

fn renamed(from: &SubscriptionSpec, name: &str) -> SubscriptionSpec {
    let mut to = from.clone();
    to.id.name = name.into();
    to.kind = Kind::Group { start: Start::Beginning, ordered: false, was: Some(from.id.clone()) };
    to
}

pub(crate) async fn bury(spec: &SubscriptionSpec, delivery: &Delivery) {
    let letter = DeadLetter {
        subscription: spec.id.clone(),
        sequence: delivery.sequence,
        body: Body::Event(delivery.event.clone()),
        reason: DeadLetterReason::Rejected,
        first_errors: vec!["no".into()],
        errors: vec!["no".into()],
        handler: "a::b".into(),
        attempts: 1,
        first_failure: Timestamp::now(),
        last_failure: Timestamp::now(),
    };
    delivery.receipt.dead_letter(letter).await.unwrap();
}

async fn replay_all(broker: &dyn Broker) {
    for letter in broker.dead_letters().list(10).await.unwrap() {
        assert!(broker.dead_letters().replay(&letter.id()).await.unwrap());
    }
}

#[tokio::test]
async fn a_renamed_one_goes_on_and_hears_what_was_replayed_under_its_old_name() {
    let file = place();
    let broker = open(&file, "").await;
    publish_numbers(&*broker, 0..5).await;
    let old = group("a");
    let mut member = broker.subscribe(&old).await.unwrap();
    let drawn = next(&mut *member, 2).await;
    for delivery in &drawn {
        bury(&old, delivery).await;
    }
    let first = broker.dead_letters().list(1).await.unwrap().remove(0).id();
    // One is replayed before the renaming, and not heard; one after it.
    assert!(broker.dead_letters().replay(&first).await.unwrap());
    drop(member);
    let new = renamed(&old, "new");
    let mut member = broker.subscribe(&new).await.unwrap();
    replay_all(&*broker).await;
    assert_eq!(broker.durables().await.unwrap(), std::slice::from_ref(&new.id));
    let mut numbers = Vec::new();
    while numbers.len() < 5 {
        for delivery in next(&mut *member, 9).await {
            assert_eq!(delivery.delivered, 1);
            numbers.push(number(&delivery));
            delivery.receipt.ack().await.unwrap();
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);

    // An older version beside it shares its work, and takes nothing away.
    publish_numbers(&*broker, 5..6).await;
    let mut beside = open(&file, "").await.subscribe(&old).await.unwrap();
    assert_eq!(next(&mut *beside, 9).await.iter().map(number).collect::<Vec<_>>(), [5]);
    assert_eq!(broker.durables().await.unwrap(), std::slice::from_ref(&new.id));
    assert_eq!(backlog(&*broker, &new).await.in_flight, 1);
}

#[tokio::test]
async fn a_former_name_that_another_takes_is_its_own_alone_from_then_on() {
    let file = place();
    let broker = open(&file, "").await;
    let first = group("a");
    drop(broker.subscribe(&first).await.unwrap());
    let mut before = broker.subscribe(&renamed(&first, "new")).await.unwrap();
    // Its member knows by now what it hears.
    publish_numbers(&*broker, 0..1).await;
    next(&mut *before, 1).await.remove(0).receipt.ack().await.unwrap();
    let mut second = first.clone();
    second.id.name = "second".into();
    let mut third = broker.subscribe(&second).await.unwrap();
    bury(&second, &next(&mut *third, 1).await[0]).await;
    drop(third);
    // It takes the name, and with it what is addressed there.
    let mut taken = first.clone();
    taken.kind = Kind::Group { start: Start::Now, ordered: false, was: Some(second.id) };
    let mut third = broker.subscribe(&taken).await.unwrap();
    bury_again(&*broker, &first, &mut *third).await;
    replay_all(&*broker).await;
    assert_eq!(next(&mut *third, 9).await.iter().map(number).collect::<Vec<_>>(), [0, 1]);
    publish_numbers(&*broker, 2..3).await;
    assert_eq!(next(&mut *before, 9).await.iter().map(number).collect::<Vec<_>>(), [1, 2]);
}

/// One more letter, of an event that only this one has seen.
async fn bury_again(broker: &dyn Broker, spec: &SubscriptionSpec, member: &mut dyn Subscription) {
    publish_numbers(broker, 1..2).await;
    bury(spec, &next(member, 1).await[0]).await;
}
