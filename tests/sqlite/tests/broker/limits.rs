//! How large and how long.

use std::time::{Duration, Instant};

use soorma::{
    Address,
    broker::{Admission, Broker, Publication, PublishError},
};

use crate::bench::{PATIENCE, backlog, event, group, next, number, open, place, publish, publish_numbers};

fn large(within: Option<Duration>) -> Publication {
    let mut event = event(0);
    let data = format!("\"{}\"", "x".repeat(100_000));
    event.data = serde_json::value::RawValue::from_string(data).unwrap();
    let admission = within.map_or(Admission::Always, Admission::Within);
    Publication { admission, ..Publication::new(event.into(), Address::Everyone) }
}

async fn fill(broker: &dyn Broker, within: Duration) -> PublishError {
    for _ in 0..100 {
        if let Err(error) = publish(broker, large(Some(within))).await {
            return error;
        }
    }
    panic!("10 MB went into 2 MB");
}

#[tokio::test]
async fn a_full_file_refuses_publishers_that_wait_in_vain_and_admits_handlers() {
    let file = place();
    let broker = open(&file, "?max_bytes=2000000").await;
    let within = Duration::from_millis(200);
    match fill(&*broker, within).await {
        PublishError::Full { waited, .. } => assert_eq!(waited, within),
        other => panic!("{other}"),
    }
    publish(&*broker, large(None)).await.unwrap();
}

#[tokio::test]
async fn a_publisher_that_waits_for_room_is_told_that_the_broker_is_closed() {
    let file = place();
    let broker = open(&file, "?max_bytes=2000000").await;
    fill(&*broker, Duration::ZERO).await;
    let waits = publish(&*broker, large(Some(PATIENCE * 2)));
    let closes = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        broker.close().await;
    };
    let both = async { tokio::join!(waits, closes).0 };
    match tokio::time::timeout(PATIENCE, both).await.expect("it waits on") {
        Err(PublishError::Closed) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn there_is_room_again_when_the_oldest_are_gone_and_the_file_shrinks() {
    let file = place();
    let broker = open(&file, "?max_bytes=2000000&retention=1s").await;
    let full = fill(&*broker, Duration::ZERO).await;
    assert!(matches!(full, PublishError::Full { .. }), "{full}");
    publish(&*broker, large(Some(PATIENCE))).await.unwrap();
    let began = Instant::now();
    let size = || std::fs::metadata(file.file()).unwrap().len();
    while size() > 1_000_000 {
        assert!(began.elapsed() < PATIENCE, "it has {} bytes", size());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn what_was_gone_before_a_group_came_to_it_is_counted_exactly() {
    let file = place();
    let broker = open(&file, "?retention=1s").await;
    let (spec, other) = (group("a"), group("b"));
    let mut member = broker.subscribe(&spec).await.unwrap();
    let mut second = broker.subscribe(&other).await.unwrap();
    publish_numbers(&*broker, 0..30).await;
    let mut held = next(&mut *member, 10).await;
    assert_eq!(held.len(), 10);
    // One more is handed back, and is gone when it comes again.
    held.pop().unwrap().receipt.hand_back(Duration::from_millis(1_500)).await.unwrap();
    for delivery in next(&mut *second, 30).await {
        delivery.receipt.ack().await.unwrap();
    }
    let began = Instant::now();
    while broker.backlog(std::slice::from_ref(&spec.id)).await.unwrap().waiting > 0 {
        assert!(began.elapsed() < PATIENCE, "nothing is forgotten");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // What is in hand stays so.
    for delivery in held {
        delivery.receipt.ack().await.unwrap();
    }
    while broker.backlog(std::slice::from_ref(&spec.id)).await.unwrap().delayed > 0 {
        assert!(began.elapsed() < PATIENCE, "the backoff does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    publish_numbers(&*broker, 30..31).await;
    let numbers: Vec<usize> = next(&mut *member, 64).await.iter().map(number).collect();
    assert_eq!(numbers, [30]);
    next(&mut *second, 64).await;
    assert_eq!((member.missed(), second.missed()), (21, 0));
}

#[tokio::test]
async fn a_subscription_that_this_version_cannot_read_does_not_keep_all_events() {
    let file = place();
    let broker = open(&file, "?retention=1s").await;
    let spec = group("a");
    drop(broker.subscribe(&spec).await.unwrap());
    drop(broker.subscribe(&group("b")).await.unwrap());
    let by_hand = rusqlite::Connection::open(file.file()).unwrap();
    by_hand.execute("UPDATE durables SET hears = 'friends' WHERE agent = 'b'", []).unwrap();
    publish_numbers(&*broker, 0..3).await;
    let began = Instant::now();
    while backlog(&*broker, &spec).await.waiting > 0 {
        assert!(began.elapsed() < PATIENCE, "nothing is forgotten");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Whoever asks for it makes it what this version knows.
    let mut member = broker.subscribe(&group("b")).await.unwrap();
    publish_numbers(&*broker, 3..4).await;
    assert_eq!(next(&mut *member, 1).await.len(), 1);
}
