//! What a member takes in hand, and what becomes of what it does not get.

use std::time::Duration;

use soorma::{
    Address,
    broker::{BrokerError, Delivery, Publication, Receipt, SettleError},
};

use crate::bench::{PATIENCE, backlog, event, group, next, number, open, place, publish_numbers};

#[tokio::test]
async fn what_a_dropped_next_has_taken_goes_to_another_and_does_not_count() {
    let file = place();
    let (one, other) = (open(&file, "").await, open(&file, "").await);
    publish_numbers(&*one, 0..50).await;
    let mut member = one.subscribe(&group("a")).await.unwrap();
    let mut numbers = Vec::new();
    for _ in 0..20 {
        // Far enough for the draw to be on its way.
        let drawing = tokio::time::timeout(Duration::from_micros(200), member.next(2)).await;
        settle(drawing.map(Result::unwrap).unwrap_or_default(), &mut numbers).await;
    }
    assert!(numbers.len() < 50, "no draw was dropped");
    drop(member);
    let mut member = other.subscribe(&group("a")).await.unwrap();
    while numbers.len() < 50 {
        settle(next(&mut *member, 64).await, &mut numbers).await;
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
}

async fn settle(drawn: Vec<Delivery>, numbers: &mut Vec<usize>) {
    for delivery in drawn {
        assert_eq!(delivery.delivered, 1, "number {}", number(&delivery));
        numbers.push(number(&delivery));
        delivery.receipt.ack().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_acknowledged_together_has_a_result_each() {
    let file = place();
    let broker = open(&file, "").await;
    let spec = group("a");
    let mut member = broker.subscribe(&spec).await.unwrap();
    publish_numbers(&*broker, 0..3).await;
    let mut drawn = Vec::new();
    while drawn.len() < 3 {
        drawn.extend(next(&mut *member, 3).await);
    }
    drawn[1].receipt.hand_back(Duration::from_secs(60)).await.unwrap();
    let receipts: Vec<&dyn Receipt> = drawn.iter().map(|delivery| &*delivery.receipt).collect();
    let acked = broker.ack_all(&receipts).await;
    assert!(matches!(acked[..], [Ok(()), Err(SettleError::Lost), Ok(())]), "{acked:?}");
    assert_eq!(backlog(&*broker, &spec).await.total(), 1);
    let again = broker.ack_all(&receipts).await;
    assert!(again.iter().all(|again| matches!(again, Err(SettleError::Lost))), "{again:?}");
}

#[tokio::test]
async fn what_comes_again_and_what_is_new_take_turns() {
    let file = place();
    let broker = open(&file, "").await;
    let mut member = broker.subscribe(&group("a")).await.unwrap();
    publish_numbers(&*broker, 0..100).await;
    let mut drawn = Vec::new();
    while drawn.len() < 100 {
        drawn.extend(next(&mut *member, 100).await);
    }
    for delivery in drawn {
        delivery.receipt.hand_back(Duration::ZERO).await.unwrap();
    }
    publish_numbers(&*broker, 100..110).await;
    for max in [10, 1] {
        let (mut new, mut again) = (0, 0);
        for _ in 0..10 / max {
            for delivery in next(&mut *member, max).await {
                match number(&delivery) {
                    0..100 => again += 1,
                    _ => new += 1,
                }
            }
        }
        assert!(new >= 5 && again >= 5, "with {max} at a time, {new} were new, and {again} came again");
    }
}

#[tokio::test]
async fn what_ten_dead_members_had_comes_back_in_full_when_their_leases_end() {
    let file = place();
    let (dead, lives) = (open(&file, "").await, open(&file, "").await);
    let mut spec = group("a");
    spec.lease = Duration::from_millis(300);
    publish_numbers(&*dead, 0..100).await;
    for _ in 0..10 {
        let mut member = dead.subscribe(&spec).await.unwrap();
        // A delivery that is dropped is not settled.
        assert!(!next(&mut *member, 10).await.is_empty());
    }
    let mut member = lives.subscribe(&spec).await.unwrap();
    let mut settled = 0;
    while settled < 100 {
        for delivery in next(&mut *member, 7).await {
            settled += usize::from(delivery.receipt.ack().await.is_ok());
        }
    }
    assert_eq!(backlog(&*lives, &spec).await.total(), 0);
}

#[tokio::test]
async fn a_member_of_a_removed_subscription_is_told() {
    let file = place();
    let (one, other) = (open(&file, "").await, open(&file, "").await);
    let spec = group("a");
    let mut member = one.subscribe(&spec).await.unwrap();
    let used = one.remove(&spec.id).await.unwrap_err().to_string();
    assert!(used.contains("is in use"), "{used}");
    assert!(other.remove(&spec.id).await.unwrap());
    match tokio::time::timeout(PATIENCE, member.next(1)).await.expect("it waits") {
        Err(BrokerError::Refused(why)) => assert!(why.contains("was removed"), "{why}"),
        other => panic!("{:?}", other.map(|drawn| drawn.len())),
    }
}

#[tokio::test]
async fn who_comes_after_the_end_of_a_lease_takes_nothing_from_whoever_has_it_by_then() {
    let file = place();
    let (one, other) = (open(&file, "").await, open(&file, "").await);
    let mut spec = group("a");
    spec.lease = Duration::from_millis(200);
    publish_numbers(&*one, 0..1).await;
    let late = next(&mut *one.subscribe(&spec).await.unwrap(), 1).await.remove(0);
    tokio::time::sleep_until(late.until.into()).await;
    // Nobody has it, and it is lost all the same.
    assert!(matches!(late.receipt.extend().await, Err(SettleError::Lost)));
    spec.lease = Duration::from_secs(30);
    let holder = next(&mut *other.subscribe(&spec).await.unwrap(), 1).await.remove(0);
    assert_eq!(holder.delivered, 2);
    assert!(matches!(late.receipt.hand_back(Duration::ZERO).await, Err(SettleError::Lost)));
    assert!(matches!(late.receipt.ack().await, Err(SettleError::Lost)));
    holder.receipt.ack().await.unwrap();
}

#[test]
fn what_a_dropped_member_had_is_back_when_its_broker_is_closed() {
    let file = place();
    let spec = group("a");
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    run().block_on(async {
        let broker = open(&file, "").await;
        publish_numbers(&*broker, 0..1).await;
        let mut member = broker.subscribe(&spec).await.unwrap();
        tokio::select! {
            biased;
            _ = member.next(1) => panic!("the draw was not dropped"),
            () = std::future::ready(()) => {}
        }
        while backlog(&*broker, &spec).await.in_flight == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(member);
        broker.close().await;
    });
    // The runtime is gone, and nothing is done aside any more.
    let left = run().block_on(async { backlog(&*open(&file, "").await, &spec).await });
    assert_eq!((left.waiting + left.delayed, left.in_flight), (1, 0));
}

#[tokio::test]
async fn a_draw_goes_on_after_more_of_others_events_than_it_reads_past() {
    let file = place();
    let broker = open(&file, "").await;
    // The log is read as a whole where so many event types are heard.
    let types = (0..40).map(|number| format!("order.kind{number}"));
    let foreign = std::iter::repeat_n("parcel.sent".to_owned(), 20_000);
    let all = types.chain(foreign).chain(["order.last".to_owned()]);
    let publications = all.enumerate().map(|(number, event_type)| {
        let mut event = event(number);
        event.event_type = event_type.into();
        Publication::new(event.into(), Address::Everyone)
    });
    for result in broker.publish(publications.collect()).await {
        result.unwrap();
    }
    let mut spec = group("a");
    spec.patterns = vec!["order.*".parse().unwrap()];
    // A member that waits looks again after a lease.
    spec.lease = 4 * PATIENCE;
    let mut member = broker.subscribe(&spec).await.unwrap();
    let mut numbers = Vec::new();
    while numbers.len() < 41 {
        settle(next(&mut *member, 64).await, &mut numbers).await;
    }
    assert_eq!(numbers, (0..40).chain([20_040]).collect::<Vec<_>>());
}
