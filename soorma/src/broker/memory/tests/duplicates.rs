//! Which events are stored once.

use super::*;

#[tokio::test]
async fn a_repeated_id_is_stored_once_and_the_publisher_is_told() {
    let bench = Bench::new();
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish_many("x", 1).await;
    let event = event("x");
    assert_eq!(bench.publish(&event).await, Published { sequence: 2, duplicate: false });
    assert_eq!(bench.publish(&event).await, Published { sequence: 2, duplicate: true });
    let elsewhere = Arc::new(EventEnvelope { source: "elsewhere".into(), ..(*event).clone() });
    assert_eq!(bench.publish(&elsewhere).await, Published { sequence: 3, duplicate: false });
    assert_eq!(sequences(&draw(&mut member, 9)), [1, 2, 3]);
}

#[tokio::test]
async fn an_id_is_recognised_for_the_whole_window_and_not_for_ever() {
    let bench = Bench::new();
    let window = bench.broker.capabilities().dedup_window;
    bench.advance(window - Duration::from_secs(1)).await;
    let event = event("x");
    bench.publish(&event).await;
    bench.advance(window).await;
    assert!(bench.publish(&event).await.duplicate);
    bench.advance(window * 2).await;
    assert_eq!(bench.publish(&event).await, Published { sequence: 2, duplicate: false });
}

#[tokio::test]
async fn a_batch_gives_a_result_for_each_event_in_its_order() {
    let bench = Bench::new();
    let (one, two) = (event("x"), event("x"));
    let batch = [&one, &two, &one].map(|event| Publication {
        event: event.clone(),
        to: Address::Everyone,
        admission: Admission::Always,
        delay: Duration::ZERO,
    });
    let results: Vec<_> =
        bench.broker.publish(batch.to_vec()).await.into_iter().map(Result::unwrap).collect();
    let published = |sequence, duplicate| Published { sequence, duplicate };
    assert_eq!(results, [published(1, false), published(2, false), published(1, true)]);
}
