//! Subscriptions that hear something else from now on.

use soorma::{
    Address, EventDraft, EventEnvelope,
    EventTopic::BusinessFacts,
    Timestamp,
    broker::{Broker, BrokerError, Publication, SubscriptionSpec},
};

use crate::{
    bench::{group, next, number, open, place, publish},
    renaming::bury,
};

fn hears(patterns: &[&str]) -> SubscriptionSpec {
    let patterns = patterns.iter().map(|pattern| pattern.parse().unwrap()).collect();
    SubscriptionSpec { patterns, ..group("a") }
}

async fn publish_as(broker: &dyn Broker, event_type: &'static str, number: usize) {
    let draft = EventDraft::new(BusinessFacts, event_type, &number).unwrap();
    let event = EventEnvelope::root("shop", draft, Timestamp::now());
    publish(broker, Publication::new(event.into(), Address::Everyone)).await.unwrap();
}

#[tokio::test]
async fn what_was_published_before_it_heard_of_it_does_not_come() {
    let file = place();
    let broker = open(&file, "").await;
    drop(broker.subscribe(&hears(&["order.placed"])).await.unwrap());
    publish_as(&*broker, "order.paid", 0).await;
    publish_as(&*broker, "order.placed", 1).await;
    let mut member = broker.subscribe(&hears(&["order.*"])).await.unwrap();
    publish_as(&*broker, "order.paid", 2).await;
    assert_eq!(next(&mut *member, 9).await.iter().map(number).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn a_letter_is_kept_where_its_subscription_would_not_hear_the_replay() {
    let file = place();
    let broker = open(&file, "").await;
    let spec = hears(&["order.*"]);
    let mut member = broker.subscribe(&spec).await.unwrap();
    publish_as(&*broker, "order.paid", 0).await;
    bury(&spec, &next(&mut *member, 1).await[0]).await;
    drop(member);
    drop(broker.subscribe(&hears(&["order.placed"])).await.unwrap());
    let letters = broker.dead_letters();
    let id = letters.list(1).await.unwrap().remove(0).id();
    match letters.replay(&id).await {
        Err(BrokerError::Refused(why)) => assert!(why.contains("does not hear `order.paid`"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(letters.list(1).await.unwrap().len(), 1);
    let mut member = broker.subscribe(&spec).await.unwrap();
    assert!(letters.replay(&id).await.unwrap());
    assert_eq!(next(&mut *member, 1).await.len(), 1);
}
