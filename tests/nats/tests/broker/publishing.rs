//! Publishing: duplicates, sizes, refusals, delays.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::value::RawValue;
use soorma::{
    Address, EventEnvelope,
    broker::{Admission, PublishError},
};
use soorma_nats_tests::{NatsServer, NatsServerOptions};

use crate::bench::*;

#[tokio::test]
async fn a_repeated_source_and_id_is_stored_once_and_told() {
    let bench = Bench::new().await;
    let one = event("x");
    let other = Arc::new(EventEnvelope { source: "another".into(), ..(*one).clone() });
    assert!(!bench.publish(&one).await.duplicate);
    let again = bench.publish(&one).await;
    assert!(again.duplicate && again.sequence == 1);
    assert_eq!(bench.publish(&other).await.sequence, 2);
}

#[tokio::test]
async fn a_batch_is_stored_in_its_order() {
    let bench = Bench::new().await;
    bench.publish(&event("x")).await;
    let all = |_| publication(&event("x"), Address::Everyone);
    let results = bench.broker.publish((0..300).map(all).collect()).await;
    let stored: Vec<u64> = results.into_iter().map(|result| result.unwrap().sequence).collect();
    assert_eq!(stored, (2..=301).collect::<Vec<u64>>());
}

fn of_size(bytes: usize) -> Arc<EventEnvelope> {
    let data = RawValue::from_string(format!("\"{}\"", "x".repeat(bytes - 2))).unwrap();
    Arc::new(EventEnvelope { data, ..envelope("x") })
}

#[tokio::test]
async fn the_largest_event_arrives_and_can_be_dead_lettered_and_one_byte_more_is_refused() {
    let bench = Bench::new().await;
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    let largest = bench.broker.capabilities().largest_event.unwrap();
    assert_eq!(largest, 1024 * 1024 - 64 * 1024);
    bench.publish(&of_size(largest)).await;
    let refused = bench.offer(publication(&of_size(largest + 1), Address::Everyone)).await;
    assert!(
        matches!(refused, Err(PublishError::TooLarge { bytes, limit }) if bytes == limit + 1),
        "{refused:?}"
    );
    let mut long = envelope("x");
    long.subject = Some("x".repeat(1024 * 1024));
    let refused = bench.offer(publication(&Arc::new(long), Address::Everyone)).await;
    assert!(matches!(refused, Err(PublishError::TooLarge { .. })), "{refused:?}");
    let delivery = draw_one(&mut member).await;
    assert_eq!(delivery.event.data.get().len(), largest);
    let letter = soorma::broker::DeadLetter {
        subscription: spec.id.clone(),
        sequence: delivery.sequence,
        body: soorma::broker::Body::Event(delivery.event.clone()),
        reason: soorma::broker::DeadLetterReason::Rejected,
        first_errors: vec!["e".repeat(1_000_000)],
        errors: vec!["e".repeat(1_000_000)],
        handler: "h".into(),
        attempts: 1,
        first_failure: soorma::Timestamp::now(),
        last_failure: soorma::Timestamp::now(),
    };
    delivery.receipt.dead_letter(letter).await.unwrap();
    let letters = bench.broker.dead_letters().list(1).await.unwrap();
    assert_eq!(letters[0].body.event(), Some(&delivery.event));
}

#[tokio::test]
async fn a_full_topic_waits_for_room_and_then_says_so_and_loses_nothing() {
    let bench = Bench::on(&shared_url(), "&max_bytes=20000").await;
    let mut member = bench.join(&group("a", "x")).await;
    let mut stored = 0;
    let full = loop {
        match bench.offer(publication(&of_size(1000), Address::Everyone)).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, PublishError::Full { topic: TOPIC, .. }), "{full:?}");
    assert!(stored > 5);
    let mut patient = publication(&of_size(1000), Address::Everyone);
    patient.admission = Admission::Within(Duration::from_millis(500));
    let began = Instant::now();
    assert!(matches!(bench.offer(patient).await, Err(PublishError::Full { .. })));
    assert!(began.elapsed() >= Duration::from_millis(500));
    assert_eq!(draw(&mut member, stored).await.len(), stored);
}

#[tokio::test]
async fn a_delayed_event_whose_time_comes_while_its_topic_is_full_is_stored_when_there_is_room() {
    let bench = Bench::on(&shared_url(), "&max_events=3").await;
    let mut member = bench.join(&group("a", "later")).await;
    let mut delayed = publication(&event("later"), Address::Everyone);
    delayed.delay = Duration::from_millis(500);
    bench.offer(delayed.clone()).await.unwrap();
    for _ in 0..3 {
        bench.publish(&event("x")).await;
    }
    let full = bench.offer(publication(&event("x"), Address::Everyone)).await;
    assert!(matches!(full, Err(PublishError::Full { .. })), "{full:?}");
    // Its time has come when it waits no more.
    let jetstream = async_nats::jetstream::new(async_nats::connect(shared_url()).await.unwrap());
    let later = jetstream.get_stream(format!("{}_later", bench.namespace)).await.unwrap();
    let started = Instant::now();
    while later.get_info().await.unwrap().state.last_sequence < 2 {
        assert!(started.elapsed() < SOON, "its time does not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    nothing(&mut member).await;
    jetstream.get_stream(bench.stream()).await.unwrap().purge().await.unwrap();
    let started = Instant::now();
    let came = tokio::time::timeout(SOON * 4, member.next(1)).await.unwrap().unwrap();
    println!("it took {:?}", started.elapsed());
    assert_eq!(came[0].event.id, delayed.event.id);
}

#[tokio::test]
async fn a_delayed_event_comes_at_its_time_to_whom_it_is_sent_also_after_a_restart() {
    let mut server = NatsServer::start().unwrap();
    let bench = Bench::on(&server.url(), "").await;
    let mut member = bench.join(&group("a", "later.*")).await;
    let sent = keyed("later.Größe", "k");
    let mut delayed = publication(&sent, Address::Group("a".into()));
    delayed.delay = Duration::from_millis(1500);
    let began = Instant::now();
    assert!(!bench.offer(delayed.clone()).await.unwrap().duplicate);
    assert!(bench.offer(delayed.clone()).await.unwrap().duplicate);
    let delivery = draw_one(&mut member).await;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(1500) && took < Duration::from_secs(3), "{took:?}");
    assert_eq!((&delivery.event.id, &delivery.event.partition_key), (&sent.id, &sent.partition_key));
    delivery.receipt.ack().await.unwrap();
    delayed.event = event("later.Größe");
    delayed.delay = Duration::from_secs(2);
    bench.offer(delayed.clone()).await.unwrap();
    server.kill();
    server.run().unwrap();
    let began = Instant::now();
    assert_eq!(draw_one(&mut member).await.event.id, delayed.event.id);
    println!("after the restart it took {:?}", began.elapsed());
    delayed.event = event("later.Größe");
    delayed.delay = Duration::from_secs(30 * 86_400);
    assert!(matches!(bench.offer(delayed).await, Err(PublishError::Unsupported(_))));
}

#[tokio::test]
async fn what_the_server_forbids_is_said_at_once() {
    let configuration = r#"
        authorization { users: [
            { user: "all", password: "p" },
            { user: "writer", password: "p", permissions: { publish: ["*.business-facts.>"], subscribe: ["_INBOX.>"] } },
            { user: "reader", password: "p", permissions: { publish: { deny: ["*.business-facts.>"] } } },
        ] }"#;
    let options = NatsServerOptions { configuration: configuration.into(), ..Default::default() };
    let server = NatsServer::with(options).unwrap();
    let host = server.url().replace("nats://", "");
    let bench = Bench::on(&format!("nats://all:p@{host}"), "").await;
    bench.publish(&event("x")).await;
    // Whoever may publish, and nothing else, publishes.
    let url = bench.url.replace("all:p", "writer:p");
    let writer = soorma::connect::broker(&url, &soorma::Clock::system()).await.unwrap();
    let stored = writer.publish(vec![publication(&event("x"), Address::Everyone)]).await.pop().unwrap();
    assert_eq!(stored.unwrap().sequence, 2);
    let url = bench.url.replace("all:p", "reader:p");
    let reader = soorma::connect::broker(&url, &soorma::Clock::system()).await.unwrap();
    let began = Instant::now();
    let refused = reader.publish(vec![publication(&event("x"), Address::Everyone)]).await.pop().unwrap();
    assert!(matches!(refused, Err(PublishError::Denied(_))), "{refused:?}");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let wrong = soorma::connect::broker(&bench.url.replace("all:p", "all:q"), &soorma::Clock::system()).await;
    let error = wrong.err().unwrap();
    assert!(matches!(error, soorma::ConnectError::Unreachable { .. }));
    assert!(!format!("{error:?}{error}").contains("all:q"), "{error:?}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("authorization violation"), "{source}");
}

#[tokio::test]
async fn a_topic_that_somebody_deleted_is_a_typed_error() {
    let bench = Bench::new().await;
    bench.publish(&event("x")).await;
    let client = async_nats::connect(shared_url()).await.unwrap();
    async_nats::jetstream::new(client).delete_stream(bench.stream()).await.unwrap();
    let mut one = publication(&event("x"), Address::Everyone);
    one.admission = Admission::Within(Duration::ZERO);
    let gone = bench.offer(one).await;
    assert!(matches!(gone, Err(PublishError::NoTopic { topic: TOPIC })), "{gone:?}");
}
