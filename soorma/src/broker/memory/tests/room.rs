//! Back-pressure on publishers outside handlers.

use super::*;

const ONE: Duration = Duration::from_secs(1);

fn tight(capacity: usize) -> Arc<Bench> {
    Arc::new(Bench::with_limits(MemoryLimits { capacity, ..MemoryLimits::default() }))
}

fn offer(
    bench: &Arc<Bench>,
    event_type: &str,
    within: Duration,
) -> tokio::task::JoinHandle<Result<Published, PublishError>> {
    let (bench, event) = (bench.clone(), event(event_type));
    tokio::spawn(async move { bench.offer(&event, Address::Everyone, Admission::Within(within)).await })
}

#[tokio::test]
async fn a_publisher_waits_for_room_and_goes_on_when_there_is_some() {
    let bench = tight(2);
    let mut member = bench.join(&group("a", "x")).await;
    for _ in 0..2 {
        assert!(offer(&bench, "x", ONE).await.unwrap().is_ok());
    }
    let waits = offer(&bench, "x", ONE);
    let_run().await;
    assert!(!waits.is_finished());
    let held = draw(&mut member, 9);
    let_run().await;
    // What is in flight still takes its room; so does what is in backoff.
    held[1].receipt.hand_back(ONE * 5).await.unwrap();
    let_run().await;
    assert!(!waits.is_finished());
    held[0].receipt.ack().await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap().sequence, 3);
}

#[tokio::test]
async fn no_room_in_time_is_an_error_and_stores_nothing() {
    let bench = tight(1);
    let spec = group("a", "x");
    bench.broker.provision(std::slice::from_ref(&spec), Drifted::Keep).await.unwrap();
    bench.publish_many("x", 1).await;
    let event = event("x");
    let began = bench.clock.now();
    let waits = tokio::spawn({
        let (bench, event) = (bench.clone(), event.clone());
        async move {
            let result = bench.offer(&event, Address::Everyone, Admission::Within(ONE)).await;
            (result, bench.clock.now() - began)
        }
    });
    let_run().await;
    bench.advance(ONE * 9).await;
    let (result, waited) = waits.await.unwrap();
    assert!(matches!(result, Err(PublishError::Full { waited, .. }) if waited == ONE));
    assert_eq!(waited, ONE);
    assert_eq!(bench.backlog(&[&spec]).await.total(), 1);
    assert_eq!(bench.publish(&event).await, Published { sequence: 2, duplicate: false });
}

#[tokio::test]
async fn what_handlers_publish_and_what_others_hear_is_always_admitted() {
    let bench = tight(1);
    bench.broker.provision(&[group("a", "x")], Drifted::Keep).await.unwrap();
    bench.publish_many("x", 5).await;
    assert!(at_once(bench.offer(&event("y"), Address::Everyone, Admission::Within(ONE))).unwrap().is_ok());
    let elsewhere = Address::Group("b".into());
    assert!(at_once(bench.offer(&event("x"), elsewhere, Admission::Within(ONE))).unwrap().is_ok());
    assert!(at_once(bench.offer(&event("x"), Address::Everyone, Admission::Within(ONE))).is_none());
}

#[tokio::test]
async fn a_broadcast_makes_no_publisher_wait() {
    let bench = tight(1);
    let _member = bench.join(&spec("a", "x", Kind::Broadcast)).await;
    for _ in 0..3 {
        assert!(
            at_once(bench.offer(&event("x"), Address::Everyone, Admission::Within(ONE))).unwrap().is_ok()
        );
    }
}

#[tokio::test]
async fn a_duplicate_needs_no_room() {
    let bench = tight(1);
    bench.broker.provision(&[group("a", "x")], Drifted::Keep).await.unwrap();
    let event = event("x");
    bench.publish(&event).await;
    let again = at_once(bench.offer(&event, Address::Everyone, Admission::Within(ONE)));
    assert!(again.unwrap().unwrap().duplicate);
}

#[tokio::test]
async fn those_who_wait_come_in_turn_and_a_newcomer_does_not_overtake() {
    let bench = tight(1);
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish_many("x", 1).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(offer(&bench, "x", LEASE));
        let_run().await;
    }
    ack_all(draw(&mut member, 1)).await;
    // There is room, but it is the first one's that waits.
    assert!(at_once(bench.offer(&event("x"), Address::Everyone, Admission::Within(ONE))).is_none());
    for (turn, waits) in waiting.into_iter().enumerate() {
        assert_eq!(waits.await.unwrap().unwrap().sequence, turn as u64 + 2);
        ack_all(draw(&mut member, 1)).await;
    }
}

#[tokio::test]
async fn a_publisher_that_gives_up_passes_its_turn_on() {
    let bench = tight(1);
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish_many("x", 1).await;
    let (first, second) = (offer(&bench, "x", LEASE), offer(&bench, "x", LEASE));
    let_run().await;
    // Told, but gone before it runs.
    ack_all(draw(&mut member, 1)).await;
    first.abort();
    assert!(second.await.unwrap().is_ok());
}

#[tokio::test]
async fn publishers_that_wait_for_two_subscriptions_at_once_do_not_lock_each_other_up() {
    let bench = tight(2);
    let mut members = [bench.join(&group("a", "x")).await, bench.join(&group("b", ">")).await];
    let waiting: Vec<_> = (0..40).map(|_| offer(&bench, "x", LEASE)).collect();
    for _ in 0..200 {
        for member in &mut members {
            ack_all(draw(member, 1)).await;
            let_run().await;
        }
    }
    for waits in waiting {
        assert!(waits.await.unwrap().is_ok());
    }
    assert_eq!(bench.backlog(&[&group("a", "x"), &group("b", ">")]).await.total(), 0);
}
