//! What somebody else puts into the streams.

use soorma::broker::{Body, DeadLetterReason};

use crate::bench::*;

#[tokio::test]
async fn what_is_no_event_is_a_dead_letter_at_once_and_the_next_one_is_handled() {
    let bench = Bench::new().await;
    let mut member = bench.join(&group("a", ">")).await;
    let client = async_nats::connect(bench.url.split('?').next().unwrap()).await.unwrap();
    let context = async_nats::jetstream::new(client);
    let at = |rest: &str| format!("{}.{TOPIC}._._.{rest}", bench.namespace);
    let good = serde_json::to_vec(&*event("another.type")).unwrap();
    for (subject, payload) in [
        (at("x"), b"no json".to_vec()),
        (at("x"), b"{}".to_vec()),
        (at("x"), good.clone()),
        (at("a%2a"), good),
        (at("x"), vec![b'x'; 900_000]),
    ] {
        context.publish(subject, payload.into()).await.unwrap().await.unwrap();
    }
    bench.publish(&event("x")).await;
    let delivery = draw_one(&mut member).await;
    assert_eq!(delivery.sequence, 6);
    delivery.receipt.ack().await.unwrap();
    nothing(&mut member).await;
    let letters = bench.broker.dead_letters().list(9).await.unwrap();
    use DeadLetterReason::{Malformed, Misrouted};
    let reasons: Vec<_> = letters.iter().map(|letter| letter.reason).collect();
    assert_eq!(reasons, [Malformed, Malformed, Misrouted, Misrouted, Malformed]);
    assert_eq!(letters[0].body, Body::Raw(std::sync::Arc::from(*b"no json")));
    assert_eq!(bench.broker.backlog(&[id("a", ">")]).await.unwrap().total(), 0);
    // Replayed, it comes to the same end.
    assert!(bench.broker.dead_letters().replay(&letters[0].id()).await.unwrap());
    nothing(&mut member).await;
    assert_eq!(bench.broker.dead_letters().list(9).await.unwrap().len(), 5);
}
