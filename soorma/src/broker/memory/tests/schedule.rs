//! Events that nobody hears before their time.

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

async fn publish_after(bench: &Bench, delay: Duration, event: Arc<EventEnvelope>) -> Published {
    let publication = Publication { event, to: Address::Everyone, admission: Admission::Always, delay };
    bench.broker.publish(vec![publication]).await.pop().unwrap().unwrap()
}

#[tokio::test]
async fn a_delayed_event_is_heard_at_its_time_and_not_before() {
    let bench = Bench::new();
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    let later = event("x");
    assert!(!publish_after(&bench, HOUR, later.clone()).await.duplicate);
    assert!(publish_after(&bench, HOUR, later).await.duplicate, "it is known from the moment it is stored");
    bench.publish_many("x", 1).await;
    assert_eq!(sequences(&draw(&mut member, 9)), [2]);
    let backlog = bench.backlog(&[&spec]).await;
    assert_eq!((backlog.scheduled, backlog.total(), backlog.next_due), (1, 1, None));
    bench.advance(HOUR - Duration::from_millis(1)).await;
    // The lease of the other one is over.
    assert_eq!(sequences(&draw(&mut member, 9)), [2]);
    bench.advance(Duration::from_millis(1)).await;
    let drawn = draw_one(&mut member);
    assert_eq!((drawn.sequence, drawn.delivered), (1, 1));
}

#[tokio::test]
async fn a_member_that_waits_is_told_of_the_time() {
    let bench = Bench::new();
    let mut member = bench.join(&group("a", "x")).await;
    let waiting = tokio::spawn(async move { member.next(1).await.unwrap().len() });
    let_run().await;
    publish_after(&bench, HOUR, event("x")).await;
    let_run().await;
    bench.advance(HOUR).await;
    assert_eq!(waiting.await.unwrap(), 1);
}

#[tokio::test]
async fn who_joins_before_the_time_hears_it_too() {
    let bench = Bench::new();
    publish_after(&bench, HOUR, event("x")).await;
    bench.publish_many("x", 1).await;
    let mut group = bench.join(&group("a", "x")).await;
    let mut broadcast = bench.join(&spec("b", "x", Kind::Broadcast)).await;
    assert!(draw(&mut group, 9).is_empty() && draw(&mut broadcast, 9).is_empty());
    bench.advance(HOUR).await;
    assert_eq!(sequences(&draw(&mut group, 9)), [1]);
    assert_eq!(sequences(&draw(&mut broadcast, 9)), [1]);
}

#[tokio::test]
async fn a_delayed_event_holds_up_no_lane_before_its_time() {
    let bench = Bench::new();
    let mut member = bench.join(&ordered("a", "x")).await;
    publish_after(&bench, HOUR, keyed("x", "k")).await;
    bench.publish(&keyed("x", "k")).await;
    let first = draw_one(&mut member);
    assert_eq!(first.sequence, 2);
    bench.advance(HOUR).await;
    // The lane was given back with the lease, and the one that is due lines up behind.
    let again = draw(&mut member, 9);
    assert_eq!(sequences(&again), [2]);
    ack_all(again).await;
    assert_eq!(sequences(&draw(&mut member, 9)), [1]);
}
