//! Duplicates and delays, across processes and restarts.

use std::time::{Duration, Instant};

use soorma::{
    Address,
    broker::{Kind, Publication, Subscription, SubscriptionSpec},
};

use crate::bench::{backlog, event, group, next, number, open, place, publish};

#[tokio::test]
async fn a_repetition_is_recognised_by_every_process_and_by_those_to_come() {
    let file = place();
    let one = open(&file, "").await;
    let event = Publication::new(event(1).into(), Address::Everyone);
    let first = publish(&*one, event.clone()).await.unwrap();
    one.close().await;
    drop(one);
    for _ in 0..2 {
        let other = open(&file, "").await;
        let again = publish(&*other, event.clone()).await.unwrap();
        assert!(again.duplicate);
        assert_eq!(again.sequence, first.sequence);
    }
    let twice = vec![event.clone(), event];
    let results = open(&file, "").await.publish(twice).await;
    assert!(results.iter().all(|result| result.as_ref().unwrap().duplicate));
}

#[tokio::test]
async fn a_repetition_within_one_batch_is_stored_once() {
    let file = place();
    let broker = open(&file, "").await;
    let event = Publication::new(event(1).into(), Address::Everyone);
    let results = broker.publish(vec![event.clone(), event]).await;
    let told: Vec<bool> = results.into_iter().map(|result| result.unwrap().duplicate).collect();
    assert_eq!(told, [false, true]);
}

#[tokio::test]
async fn what_is_scheduled_survives_all_processes_and_is_heard_when_it_is_due() {
    let file = place();
    let one = open(&file, "").await;
    let delay = Duration::from_millis(1_500);
    let later = Publication { delay, ..Publication::new(event(1).into(), Address::Everyone) };
    let began = Instant::now();
    publish(&*one, later.clone()).await.unwrap();
    let inbox = SubscriptionSpec { kind: Kind::Broadcast, ..group("b") };
    one.close().await;
    drop(one);
    let other = open(&file, "").await;
    assert!(publish(&*other, later).await.unwrap().duplicate);
    let spec = group("a");
    let mut member = other.subscribe(&spec).await.unwrap();
    let mut broadcast = other.subscribe(&inbox).await.unwrap();
    let before = backlog(&*other, &spec).await;
    assert_eq!((before.total(), before.scheduled), (0, 1));
    for member in [&mut member, &mut broadcast] as [&mut Box<dyn Subscription>; 2] {
        assert_eq!(next(&mut **member, 9).await.iter().map(number).collect::<Vec<_>>(), [1]);
        assert!(began.elapsed() >= delay);
    }
}

#[tokio::test]
async fn what_somebody_else_has_scheduled_holds_up_nothing() {
    let file = place();
    let broker = open(&file, "").await;
    let mut member = broker.subscribe(&group("a")).await.unwrap();
    let by_hand = rusqlite::Connection::open(file.file()).unwrap();
    by_hand
        .execute(
            "INSERT INTO later (sequence, due, topic, type, address, envelope)
             VALUES (1000, 1, 'business-facts', 'order.placed', '_', x'ff00')",
            [],
        )
        .unwrap();
    // Whether it is there still or moved already, the view can be read.
    let ids: i64 = by_hand.query_row("SELECT count(id) FROM scheduled", [], |row| row.get(0)).unwrap();
    assert_eq!(ids, 0);
    let delay = Duration::from_millis(50);
    let later = Publication { delay, ..Publication::new(event(1).into(), Address::Everyone) };
    publish(&*broker, later).await.unwrap();
    assert_eq!(next(&mut *member, 9).await.iter().map(number).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn what_a_handle_has_delayed_before_it_had_a_member_comes_when_it_is_due() {
    let file = place();
    let broker = open(&file, "").await;
    let delayed = Publication {
        delay: Duration::from_millis(1_500),
        ..Publication::new(event(7).into(), Address::Everyone)
    };
    publish(&*broker, delayed).await.unwrap();
    // The scout has heard of it by now, and nobody has a seat.
    publish(&*broker, Publication::new(event(8).into(), Address::Everyone)).await.unwrap();
    let mut member = broker.subscribe(&group("a")).await.unwrap();
    assert_eq!(next(&mut *member, 1).await.iter().map(number).collect::<Vec<_>>(), [8]);
    assert_eq!(next(&mut *member, 1).await.iter().map(number).collect::<Vec<_>>(), [7]);
}
