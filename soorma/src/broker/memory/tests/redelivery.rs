//! Handing back: when it comes again, and that it holds up nobody.

use super::*;

const ONE: Duration = Duration::from_secs(1);

#[tokio::test]
async fn what_is_handed_back_comes_again_after_the_delay_and_not_before() {
    let bench = Bench::new();
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    bench.publish(&event("x")).await;
    let due = bench.clock.now() + ONE;
    draw_one(&mut member).receipt.hand_back(ONE).await.unwrap();
    let backlog = bench.backlog(&[&spec]).await;
    assert_eq!(backlog, Backlog { delayed: 1, next_due: Some(due), ..Backlog::default() });
    bench.advance(ONE - Duration::from_millis(1)).await;
    assert!(draw(&mut member, 9).is_empty());
    bench.advance(Duration::from_millis(1)).await;
    assert_eq!(bench.backlog(&[&spec]).await, Backlog { waiting: 1, ..Backlog::default() });
    let again = draw_one(&mut member);
    assert_eq!(again.delivered, 2);
    again.receipt.hand_back(Duration::ZERO).await.unwrap();
    assert_eq!(draw_one(&mut member).delivered, 3);
}

#[tokio::test]
async fn a_member_that_waits_gets_it_at_the_very_time() {
    let bench = Bench::new();
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish_many("x", 2).await;
    let (one, two) = (draw_one(&mut member), draw_one(&mut member));
    let began = bench.clock.now();
    let waits = tokio::spawn({
        let clock = bench.clock.clone();
        async move {
            let first = (member.next(1).await.unwrap()[0].sequence, clock.now() - began);
            let second = (member.next(1).await.unwrap()[0].sequence, clock.now() - began);
            [first, second]
        }
    });
    let_run().await;
    two.receipt.hand_back(ONE * 3).await.unwrap();
    one.receipt.hand_back(ONE).await.unwrap();
    let_run().await;
    bench.advance(ONE * 2).await;
    let_run().await;
    bench.advance(ONE * 9).await;
    assert_eq!(waits.await.unwrap(), [(1, ONE), (2, ONE * 3)]);
}

#[tokio::test]
async fn a_member_that_waits_gets_what_another_hands_back_at_once() {
    let bench = Bench::new();
    let (mut one, mut two) = (bench.join(&group("a", "x")).await, bench.join(&group("a", "x")).await);
    bench.publish(&event("x")).await;
    let held = draw_one(&mut one);
    let waits = tokio::spawn(async move { two.next(9).await.unwrap()[0].delivered });
    let_run().await;
    held.receipt.hand_back(Duration::ZERO).await.unwrap();
    assert_eq!(waits.await.unwrap(), 2);
}

#[tokio::test]
async fn an_event_in_backoff_holds_up_no_other() {
    let bench = Bench::new();
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish_many("x", 500).await;
    for failed in draw(&mut member, 500) {
        failed.receipt.hand_back(ONE).await.unwrap();
    }
    let healthy = bench.publish_many("x", 1).await;
    assert_eq!(sequences(&draw(&mut member, 9)), healthy);
}

#[tokio::test]
async fn new_events_and_redeliveries_take_turns() {
    let bench = Bench::new();
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish_many("x", 50).await;
    for (place, failed) in draw(&mut member, 50).into_iter().enumerate() {
        // The last is due first.
        failed.receipt.hand_back(ONE * (50 - place as u32)).await.unwrap();
    }
    bench.advance(ONE * 50).await;
    bench.publish_many("x", 50).await;
    let drawn = draw(&mut member, 10);
    let (again, new): (Vec<_>, Vec<_>) = drawn.iter().map(|one| one.sequence).partition(|one| *one <= 50);
    assert_eq!(again, [50, 49, 48, 47, 46]);
    assert_eq!(new, [51, 52, 53, 54, 55]);
}
