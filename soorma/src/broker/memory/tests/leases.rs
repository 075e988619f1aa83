//! What happens when a member holds a delivery for long, or is gone.

use super::*;
use crate::broker::SettleError;

const ONE: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_delivery_that_is_not_settled_comes_back_when_its_lease_ends() {
    let bench = Bench::new();
    let (mut one, mut two) = (bench.join(&group("a", "x")).await, bench.join(&group("a", "x")).await);
    bench.publish(&event("x")).await;
    drop(draw_one(&mut one));
    drop(one);
    bench.advance(LEASE - ONE).await;
    assert!(draw(&mut two, 9).is_empty());
    bench.advance(ONE).await;
    let again = draw_one(&mut two);
    assert_eq!((again.sequence, again.delivered), (1, 2));
    assert_eq!(bench.backlog(&[&group("a", "x")]).await.in_flight, 1);
}

#[tokio::test]
async fn a_holder_whose_lease_ended_cannot_act_on_the_next_holders_delivery() {
    let bench = Bench::new();
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish(&event("x")).await;
    let old = draw_one(&mut member);
    bench.advance(LEASE).await;
    assert!(matches!(old.receipt.extend().await, Err(SettleError::Lost)));
    let new = draw_one(&mut member);
    assert!(matches!(old.receipt.ack().await, Err(SettleError::Lost)));
    assert!(matches!(old.receipt.hand_back(Duration::ZERO).await, Err(SettleError::Lost)));
    assert!(matches!(old.receipt.extend().await, Err(SettleError::Lost)));
    let letter = super::dead_letters::letter(&group("a", "x"), &old);
    assert!(matches!(old.receipt.dead_letter(letter).await, Err(SettleError::Lost)));
    assert!(bench.broker.dead_letters().list(9).await.unwrap().is_empty());
    new.receipt.ack().await.unwrap();
    assert!(matches!(new.receipt.ack().await, Err(SettleError::Lost)));
    assert_eq!(bench.backlog(&[&group("a", "x")]).await.total(), 0);
}

#[tokio::test]
async fn an_extended_lease_begins_anew() {
    let bench = Bench::new();
    let mut member = bench.join(&group("a", "x")).await;
    bench.publish(&event("x")).await;
    let held = draw_one(&mut member);
    for _ in 0..5 {
        bench.advance(LEASE - ONE).await;
        held.receipt.extend().await.unwrap();
    }
    assert!(draw(&mut member, 9).is_empty());
    held.receipt.ack().await.unwrap();
}

#[tokio::test]
async fn a_waiting_member_notices_the_end_of_a_lease_that_began_after_it() {
    let bench = Bench::new();
    let mut one = bench.join(&group("a", "x")).await;
    let mut two = bench.join(&group("a", "x")).await;
    let began = bench.clock.now();
    let takes = tokio::spawn(async move { one.next(9).await.unwrap().len() });
    let_run().await;
    let waits = tokio::spawn({
        let clock = bench.clock.clone();
        async move {
            let drawn = two.next(9).await.unwrap();
            (drawn[0].delivered, clock.now() - began)
        }
    });
    let_run().await;
    bench.advance(ONE).await;
    // The first one that waits is told of it, takes it, and is gone; the second is not told of anything.
    bench.publish(&event("x")).await;
    assert_eq!(takes.await.unwrap(), 1);
    bench.advance(LEASE * 3).await;
    assert_eq!(waits.await.unwrap(), (2, LEASE + ONE));
}

#[tokio::test]
async fn what_comes_due_is_noticed_by_one_of_many_that_wait_at_that_very_time() {
    let bench = Bench::new();
    let mut holder = bench.join(&group("a", "x")).await;
    bench.publish(&event("x")).await;
    let held = draw_one(&mut holder);
    let (send, mut taken) = tokio::sync::mpsc::channel(9);
    for _ in 0..4 {
        let (mut member, clock, send) =
            (bench.join(&group("a", "x")).await, bench.clock.clone(), send.clone());
        tokio::spawn(async move {
            let drawn = member.next(9).await.unwrap();
            send.send((drawn.len(), clock.now())).await.unwrap();
        });
    }
    let_run().await;
    let due = bench.clock.now() + ONE;
    held.receipt.hand_back(ONE).await.unwrap();
    let_run().await;
    bench.advance(LEASE - ONE).await;
    let_run().await;
    assert_eq!(taken.try_recv().unwrap(), (1, due));
    assert!(taken.try_recv().is_err());
}
