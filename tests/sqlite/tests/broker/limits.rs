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
async fn room_that_retention_frees_is_used_again_and_is_given_back_by_hand() {
    let file = place();
    let full = fill(&*open(&file, "?max_bytes=2000000").await, Duration::ZERO).await;
    assert!(matches!(full, PublishError::Full { .. }), "{full}");
    let broker = open(&file, "?max_bytes=2000000&retention=1s").await;
    for _ in 0..30 {
        publish(&*broker, large(Some(PATIENCE))).await.unwrap();
    }
    let by_hand = rusqlite::Connection::open(file.file()).unwrap();
    let pages = || by_hand.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0)).unwrap();
    assert!(pages() * 4_096 < 2_500_000, "{} pages", pages());
    let began = Instant::now();
    while by_hand.query_row("SELECT count(*) FROM log", [], |row| row.get::<_, i64>(0)).unwrap() > 0 {
        assert!(began.elapsed() < PATIENCE, "nothing is forgotten");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // As the documentation of `connect` has it.
    let turn = std::fs::File::open(format!("{}-turn", file.file().display())).unwrap();
    turn.lock().unwrap();
    let waits = tokio::spawn({
        let broker = broker.clone();
        async move { publish(&*broker, large(None)).await }
    });
    by_hand.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let size = std::fs::metadata(file.file()).unwrap().len();
    assert!(size < 500_000, "it has {size} bytes");
    drop(turn);
    waits.await.unwrap().unwrap();
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
