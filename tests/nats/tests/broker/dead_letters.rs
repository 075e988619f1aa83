//! What could not be handled.

use soorma::{
    Timestamp,
    broker::{
        Body, DeadLetter, DeadLetterReason, Delivery, Hears, Kind, SettleError, Start, SubscriptionSpec,
    },
};

use crate::bench::*;

fn letter(spec: &SubscriptionSpec, delivery: &Delivery) -> DeadLetter {
    DeadLetter {
        subscription: spec.id.clone(),
        sequence: delivery.sequence,
        body: Body::Event(delivery.event.clone()),
        reason: DeadLetterReason::Rejected,
        first_errors: vec!["too small".into(), "\u{0}".repeat(100_000)],
        errors: vec!["größe\nis wrong".into(), "\u{0}".repeat(100_000)],
        handler: "tests::handler".into(),
        attempts: 3,
        first_failure: Timestamp::now(),
        last_failure: Timestamp::now(),
    }
}

#[tokio::test]
async fn a_letter_is_kept_once_with_all_that_it_says() {
    let bench = Bench::new().await;
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    bench.publish(&keyed("x", "k")).await;
    let delivery = draw_one(&mut member).await;
    let sent = letter(&spec, &delivery);
    delivery.receipt.dead_letter(sent.clone()).await.unwrap();
    assert!(matches!(delivery.receipt.dead_letter(sent.clone()).await, Err(SettleError::Lost)));
    nothing(&mut member).await;
    let kept = bench.broker.dead_letters().list(9).await.unwrap();
    assert_eq!(kept.len(), 1);
    let one = &kept[0];
    assert_eq!((&one.body, one.id(), one.reason), (&sent.body, sent.id(), sent.reason));
    assert_eq!((&one.errors[0], &one.handler, one.attempts), (&sent.errors[0], &sent.handler, 3));
    assert_eq!((one.first_failure, one.last_failure), (sent.first_failure, sent.last_failure));
    assert_eq!(one.first_errors[0], "too small");
    for errors in [&one.first_errors, &one.errors] {
        assert!(errors[1].len() < 5000, "cut to what fits");
    }
}

#[tokio::test]
async fn a_crash_between_letter_and_acknowledgement_makes_no_second_one() {
    let bench = Bench::new().await;
    let spec = SubscriptionSpec { lease: std::time::Duration::from_secs(1), ..group("a", "x") };
    let mut member = bench.join(&spec).await;
    bench.publish(&event("x")).await;
    let first = draw_one(&mut member).await;
    let sent = letter(&spec, &first);
    bench.broker.provision(std::slice::from_ref(&spec), soorma::broker::Drifted::Keep).await.unwrap();
    // What the first holder stored before it died, as the second one finds it.
    let client = async_nats::connect(bench.url.split('?').next().unwrap()).await.unwrap();
    let at = format!("{}.dead-letters.{}.{}", bench.namespace, spec.id.durable_name(), first.sequence);
    async_nats::jetstream::new(client).publish(at, "first".into()).await.unwrap().await.unwrap();
    let second = draw_one(&mut member).await;
    second.receipt.dead_letter(sent).await.unwrap();
    nothing(&mut member).await;
    assert!(bench.broker.dead_letters().list(9).await.unwrap().is_empty(), "the second one is none");
}

#[tokio::test]
async fn a_replayed_one_goes_to_its_subscription_only_and_counts_from_one() {
    let bench = Bench::new().await;
    let old = group("a", "x");
    let mut member = bench.join(&old).await;
    let mut sibling = bench.join(&group("a", ">")).await;
    let mut observer = bench.join(&SubscriptionSpec { hears: Hears::All, ..group("b", ">") }).await;
    let sent = keyed("x", "k");
    bench.publish(&sent).await;
    bench.publish(&sent).await;
    ack_all(draw(&mut sibling, 1).await).await;
    ack_all(draw(&mut observer, 1).await).await;
    let delivery = draw_one(&mut member).await;
    let sent_letter = letter(&old, &delivery);
    delivery.receipt.dead_letter(sent_letter.clone()).await.unwrap();
    let letters = bench.broker.dead_letters();
    assert!(!letters.replay("nonsense").await.unwrap());
    assert!(!letters.purge("a.*").await.unwrap());
    assert!(letters.replay(&sent_letter.id()).await.unwrap());
    assert!(!letters.replay(&sent_letter.id()).await.unwrap());
    assert!(letters.list(9).await.unwrap().is_empty());
    let again = draw_one(&mut member).await;
    assert_eq!((&again.event.id, again.delivered), (&sent.id, 1));
    assert!(again.sequence > delivery.sequence);
    nothing(&mut sibling).await;
    nothing(&mut observer).await;
    // Given up once more, then renamed, it is found under the new name.
    let second = letter(&old, &again);
    again.receipt.dead_letter(second.clone()).await.unwrap();
    drop(member);
    let mut new =
        spec("a", "x.>", Kind::Group { start: Start::Now, ordered: false, was: Some(old.id.clone()) });
    new.patterns.push("x".parse().unwrap());
    let mut renamed = bench.join(&new).await;
    assert!(letters.replay(&second.id()).await.unwrap());
    assert_eq!(draw_one(&mut renamed).await.event.id, sent.id);
}

#[tokio::test]
async fn a_letter_whose_subscription_is_gone_stays_until_it_is_purged() {
    let bench = Bench::new().await;
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        bench.publish(&event("x")).await;
        let delivery = draw_one(&mut member).await;
        let sent = letter(&spec, &delivery);
        ids.push(sent.id());
        delivery.receipt.dead_letter(sent).await.unwrap();
    }
    drop(member);
    let removed = async {
        while bench.broker.remove(&spec.id).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, removed).await.unwrap();
    let letters = bench.broker.dead_letters();
    assert!(letters.replay(&ids[0]).await.is_err());
    assert!(letters.purge(&ids[0]).await.unwrap());
    assert!(!letters.purge(&ids[0]).await.unwrap());
    let listed: Vec<_> = letters.list(1).await.unwrap().iter().map(DeadLetter::id).collect();
    assert_eq!(listed, ids[1..2]);
}
