//! What somebody else puts into the streams, with a plain client or by hand. That nothing goes round and round is seen
//! by the server's own count of what it delivered, and not by time.

use std::{collections::BTreeSet, time::Duration};

use async_nats::{HeaderMap, jetstream};
use serde_json::{Value, json};
use soorma::broker::{Body, DeadLetterReason, SubscriptionSpec};

use crate::{bench::*, wire::Wire};

use DeadLetterReason::{Malformed, Misrouted};

/// What the server takes where nothing is said.
const MAX_PAYLOAD: usize = 1024 * 1024;

async fn plain(bench: &Bench) -> jetstream::Context {
    jetstream::new(async_nats::connect(bench.url.split('?').next().unwrap()).await.unwrap())
}

fn at(bench: &Bench, rest: &str) -> String {
    format!("{}.{TOPIC}.{rest}", bench.namespace)
}

/// How many deliveries the server has made to the group `a` of `>`, and how many of them are not settled.
async fn deliveries(bench: &Bench) -> (u64, u64) {
    let endpoint = format!("CONSUMER.INFO.{}.{}", bench.stream(), id("a", ">").durable_name());
    let info: Value = plain(bench).await.request(endpoint, &json!({})).await.unwrap();
    let number = |value: &Value| value.as_u64().unwrap();
    (number(&info["delivered"]["consumer_seq"]), number(&info["num_ack_pending"]))
}

/// An event with this attribute set.
fn with(attribute: &str, value: Value) -> Vec<u8> {
    let mut event = serde_json::to_value(&*event("x")).unwrap();
    event[attribute] = value;
    serde_json::to_vec(&event).unwrap()
}

/// `[[[..]]]`
fn nested(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

/// An event with an attribute that soorma does not know, and that nobody reads to its end.
fn deep_attribute() -> Vec<u8> {
    let text = String::from_utf8(with("unknown", json!("HERE"))).unwrap();
    text.replace("\"HERE\"", &nested(200)).into_bytes()
}

#[tokio::test]
async fn what_is_no_event_is_a_dead_letter_at_once_and_the_next_one_is_handled() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", ">")).await;
    let context = plain(&bench).await;
    let good = serde_json::to_vec(&*event("x")).unwrap();
    let mut no_utf8 = with("subject", json!("HERE"));
    let here = no_utf8.windows(4).position(|four| four == b"HERE").unwrap();
    no_utf8[here] = 0xff;
    let bad = [
        ("_._.x", b"no json".to_vec(), Malformed),
        ("_._.x", Vec::new(), Malformed),
        ("_._.x", b"{}".to_vec(), Malformed),
        ("_._.x", b"null".to_vec(), Malformed),
        ("_._.x", b"[1, 2]".to_vec(), Malformed),
        ("_._.x", nested(200).into_bytes(), Malformed),
        ("_._.x", no_utf8, Malformed),
        ("_._.x", deep_attribute(), Malformed),
        ("_._.x", with("topic", json!("no-topic")), Malformed),
        ("_._.x", with("id", json!("")), Malformed),
        ("_._.x", with("topic", json!("plan-events")), Misrouted),
        ("_._.x", with("type", json!("another.type")), Misrouted),
        ("_._.x.y", good.clone(), Misrouted),
        // Tokens that soorma never writes.
        ("_._.a%2a", good.clone(), Misrouted),
        ("_._.%zz", good.clone(), Misrouted),
        ("_.99.é", good, Misrouted),
        ("_._.x", vec![b'x'; 900_000], Malformed),
    ];
    for (rest, payload, _) in &bad {
        context.publish(at(&bench, rest), payload.clone().into()).await.unwrap().await.unwrap();
    }
    bench.publish(&event("x")).await;
    let delivery = draw_one(&mut member).await;
    let count = bad.len() as u64;
    assert_eq!(delivery.sequence, count + 1);
    delivery.receipt.ack().await.unwrap();
    let letters = bench.broker.dead_letters().list(99).await.unwrap();
    assert_eq!(letters.len(), bad.len());
    for (letter, (rest, payload, reason)) in letters.iter().zip(&bad) {
        let what = String::from_utf8_lossy(&payload[..payload.len().min(80)]);
        assert_eq!(letter.reason, *reason, "{what} on {rest}: {:?}", letter.errors);
        match &letter.body {
            Body::Raw(raw) => assert_eq!(**raw, **payload, "{what}"),
            Body::Event(event) => panic!("{what} is {event:?}"),
        }
    }
    assert_eq!(deliveries(&bench).await, (count + 1, 0), "each was delivered once");
    // Replayed, it comes to the same end.
    assert!(bench.broker.dead_letters().replay(&letters[0].id()).await.unwrap());
    bench.publish(&event("x")).await;
    draw_one(&mut member).await.receipt.ack().await.unwrap();
    assert_eq!(bench.broker.dead_letters().list(99).await.unwrap().len(), bad.len());
    assert_eq!(deliveries(&bench).await, (count + 3, 0));
    assert_eq!(bench.broker.backlog(&[id("a", ">")]).await.unwrap().total(), 0);
}

#[tokio::test]
async fn what_is_too_large_for_a_dead_letter_becomes_one_with_the_beginning_of_it() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", ">")).await;
    let context = plain(&bench).await;
    let whole = MAX_PAYLOAD - 200;
    context.publish(at(&bench, "_._.x"), vec![b'x'; whole].into()).await.unwrap().await.unwrap();
    bench.publish(&event("x")).await;
    let delivery = draw_one(&mut member).await;
    assert_eq!(delivery.sequence, 2);
    delivery.receipt.ack().await.unwrap();
    let letters = bench.broker.dead_letters().list(9).await.unwrap();
    assert_eq!(letters.len(), 1);
    let kept = MAX_PAYLOAD - 32 * 1024;
    assert!(matches!(&letters[0].body, Body::Raw(raw) if raw.len() == kept));
    let said = letters[0].errors.last().unwrap();
    assert_eq!(
        said,
        &format!("of its {whole} bytes the first {kept} are kept here: it leaves no room for a letter")
    );
    assert_eq!(deliveries(&bench).await, (2, 0));
}

#[tokio::test]
async fn a_status_in_the_headers_makes_no_delivery_a_word_of_the_server() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", ">")).await;
    let mut wire = Wire::open(&bench.url).await;
    let good = serde_json::to_vec(&*event("x")).unwrap();
    for status in ["100 Idle Heartbeat", "404", "409 Consumer Deleted", "503"] {
        wire.publish(&at(&bench, "_._.x"), Some(&format!("NATS/1.0 {status}\r\n\r\n")), &good).await;
    }
    bench.publish(&event("x")).await;
    let drawn = draw(&mut member, 5).await;
    assert_eq!(sequences(&drawn), [1, 2, 3, 4, 5]);
    ack_all(drawn).await;
    assert_eq!(deliveries(&bench).await, (5, 0));
}

/// The client gives up its connection at each of these, whenever it is delivered; `soorma::connect` says so.
#[tokio::test]
async fn what_lies_behind_a_header_block_that_is_none_is_handled_all_the_same() {
    let bench = Bench::new().await;
    let spec = SubscriptionSpec { lease: Duration::from_secs(2), ..group("a", ">") };
    let mut member = bench.join(&spec).await;
    let mut wire = Wire::open(&bench.url).await;
    let good = serde_json::to_vec(&*event("x")).unwrap();
    for _ in 0..3 {
        wire.publish(&at(&bench, "_._.x"), Some("NATS/1.0\r\nno colon\r\n\r\n"), &good).await;
        bench.publish(&event("x")).await;
    }
    let mut found = BTreeSet::new();
    while found.len() < 3 {
        for delivery in draw(&mut member, 1).await {
            found.insert(delivery.sequence);
            // The connection may be lost meanwhile: then it comes again, and is settled then.
            drop(delivery.receipt.ack().await);
        }
    }
    assert_eq!(found, [2, 4, 6].into());
}

#[tokio::test]
async fn headers_that_mean_something_to_the_server_are_refused_or_change_nothing() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", ">")).await;
    let first = event("x");
    bench.publish(&first).await;
    let context = plain(&bench).await;
    let put = async |name: &str, value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(name, value);
        let good = serde_json::to_vec(&*event("x")).unwrap();
        context.publish_with_headers(at(&bench, "_._.x"), headers, good.into()).await.unwrap().await
    };
    for (name, value) in [
        ("Nats-Rollup", "all"),
        ("Nats-TTL", "1s"),
        ("Nats-Schedule", "@every 1s"),
        ("Nats-Expected-Stream", "another"),
        ("Nats-Expected-Last-Sequence", "77"),
    ] {
        let refused = put(name, value).await;
        assert!(refused.is_err(), "{name}: {refused:?}");
    }
    for (name, value) in
        [("Soorma-Dead-Letter", "{}"), ("Nats-Stream", "x"), ("Status", "503"), ("x", "größe")]
    {
        put(name, value).await.unwrap();
    }
    let drawn = draw(&mut member, 5).await;
    assert_eq!(drawn[0].event.id, first.id);
    ack_all(drawn).await;
    assert_eq!(deliveries(&bench).await, (5, 0));
}

#[tokio::test]
async fn a_subject_that_no_stream_keeps_is_told_to_who_publishes_and_reaches_nobody() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", ">")).await;
    let context = plain(&bench).await;
    let namespace = &bench.namespace;
    let good = serde_json::to_vec(&*event("x")).unwrap();
    for subject in [
        format!("{namespace}.no-topic._._.x"),
        format!("{namespace}.{TOPIC}"),
        format!("{namespace}.{TOPIC}._._"),
        format!("{namespace}.Business-Facts._._.x"),
        format!("no-namespace.{TOPIC}._._.x"),
    ] {
        let told = context.publish(subject.clone(), good.clone().into()).await.unwrap().await.unwrap_err();
        assert_eq!(told.kind(), jetstream::context::PublishErrorKind::StreamNotFound, "{subject}");
    }
    // These are kept, and addressed to nobody.
    for rest in ["another-group._.x", "@no-inbox._.x", "%zz._.x"] {
        context.publish(at(&bench, rest), good.clone().into()).await.unwrap().await.unwrap();
    }
    bench.publish(&event("x")).await;
    let delivery = draw_one(&mut member).await;
    assert_eq!(delivery.sequence, 4);
    delivery.receipt.ack().await.unwrap();
    assert_eq!(deliveries(&bench).await, (1, 0));
    assert!(bench.broker.dead_letters().list(9).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_megabytes_are_refused_by_client_and_server_and_nobody_else_is_disturbed() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", ">")).await;
    let context = plain(&bench).await;
    let large = vec![b'x'; 2_000_000];
    let refused = context.publish(at(&bench, "_._.x"), large.clone().into()).await;
    assert_eq!(refused.unwrap_err().kind(), jetstream::context::PublishErrorKind::MaxPayloadExceeded);
    let mut wire = Wire::open(&bench.url).await;
    assert!(wire.is_refused(&at(&bench, "_._.x"), &large).await.contains("Maximum Payload Violation"));
    bench.publish(&event("x")).await;
    let delivery = draw_one(&mut member).await;
    assert_eq!(delivery.sequence, 1);
    delivery.receipt.ack().await.unwrap();
    assert_eq!(deliveries(&bench).await, (1, 0));
}
