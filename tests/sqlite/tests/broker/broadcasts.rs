//! Broadcasts: what they have in hand is in memory, and what they read is the file.

use std::time::Duration;

use soorma::{
    Address,
    broker::{Broker, Hears, Kind, Publication, Subscription, SubscriptionSpec},
};

use crate::bench::{event, group, next, number, open, place, publish, publish_numbers};

fn broadcast() -> SubscriptionSpec {
    SubscriptionSpec { kind: Kind::Broadcast, ..group("b") }
}

#[tokio::test]
async fn one_that_comes_again_at_once_each_time_does_not_hold_up_what_is_new() {
    let file = place();
    let broker = open(&file, "").await;
    let mut member = broker.subscribe(&broadcast()).await.unwrap();
    for max in [1, 3] {
        publish_numbers(&*broker, 0..max).await;
        let mut fresh = false;
        for round in 0..10 {
            for delivery in next(&mut *member, max).await {
                if number(&delivery) == 100 {
                    fresh = true;
                    delivery.receipt.ack().await.unwrap();
                } else {
                    delivery.receipt.hand_back(Duration::ZERO).await.unwrap();
                }
            }
            if round == 0 {
                publish_numbers(&*broker, 100..101).await;
            }
        }
        assert!(fresh, "with {max} at a time, what was new did not come");
    }
}

/// Events to so many inboxes: each address is a route of its own.
async fn publish_to_inboxes(broker: &dyn Broker, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let to = Address::Inbox(format!("inbox-{number}"));
        publish(broker, Publication::new(event(number).into(), to)).await.unwrap();
    }
}

async fn drain(member: &mut dyn Subscription, max: usize, many: usize) -> Vec<usize> {
    let mut numbers = Vec::new();
    while numbers.len() < many {
        let drawn = next(member, max).await;
        assert!(drawn.len() <= max, "{} came where {max} were asked for", drawn.len());
        for delivery in drawn {
            numbers.push(number(&delivery));
            delivery.receipt.ack().await.unwrap();
        }
    }
    numbers
}

#[tokio::test]
async fn one_on_more_routes_than_are_asked_singly_gets_no_more_than_it_asks_for() {
    let file = place();
    let broker = open(&file, "").await;
    let spec = SubscriptionSpec { hears: Hears::All, ..broadcast() };
    let mut member = broker.subscribe(&spec).await.unwrap();
    publish_to_inboxes(&*broker, 0..80).await;
    for delivery in next(&mut *member, 2).await {
        delivery.receipt.hand_back(Duration::ZERO).await.unwrap();
    }
    let mut numbers = drain(&mut *member, 2, 80).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (0..80).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_goes_on_when_the_file_was_away_for_a_moment() {
    let file = place();
    let broker = open(&file, "").await;
    let mut member = broker.subscribe(&broadcast()).await.unwrap();
    let (here, away) = (file.file(), file.folder().join("away.db"));
    std::fs::rename(&here, &away).unwrap();
    let waits = tokio::time::timeout(Duration::from_millis(300), member.next(1)).await;
    assert!(waits.is_err(), "it does not wait: {:?}", waits.map(|drawn| drawn.map(|drawn| drawn.len())));
    std::fs::rename(&away, &here).unwrap();
    publish_numbers(&*broker, 0..1).await;
    assert_eq!(drain(&mut *member, 9, 1).await, [0]);
}
