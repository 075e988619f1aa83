//! Order by key, with more events behind one key than are looked past.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use soorma::{
    Address,
    broker::{Broker, Kind, Publication, Start, SubscriptionSpec},
};

use crate::bench::{PATIENCE, backlog, event, group, next, number, open, place};

fn ordered(agent: &str) -> SubscriptionSpec {
    let kind = Kind::Group { start: Start::Beginning, ordered: true, was: None };
    SubscriptionSpec { kind, ..group(agent) }
}

async fn publish(broker: &dyn Broker, keys: impl Iterator<Item = &str>) {
    let publications = keys.enumerate().map(|(number, key)| {
        let mut event = event(number);
        event.partition_key = Some(key.to_owned());
        Publication::new(event.into(), Address::Everyone)
    });
    for result in broker.publish(publications.collect()).await {
        result.unwrap();
    }
}

#[tokio::test]
async fn a_key_that_is_held_up_holds_up_others_only_after_a_thousand() {
    let file = place();
    let broker = open(&file, "").await;
    let long = std::iter::repeat_n("slow", 1_001);
    publish(&*broker, long.chain(["quick", "quick"]).chain(std::iter::repeat_n("slow", 500)).chain(["late"]))
        .await;
    let spec = ordered("a");
    let mut member = broker.subscribe(&spec).await.unwrap();
    let mut first = next(&mut *member, 64).await;
    assert_eq!(first.iter().map(number).collect::<Vec<_>>(), [0, 1_001]);
    assert_eq!(backlog(&*broker, &spec).await.total(), 1_504);
    first.pop().unwrap().receipt.ack().await.unwrap();
    let second = next(&mut *member, 64).await;
    assert_eq!(second.iter().map(number).collect::<Vec<_>>(), [1_002]);
    // And all are handled in their order.
    let mut handled: HashMap<String, Vec<usize>> = HashMap::new();
    let mut drawn = first;
    drawn.extend(second);
    let mut count = 1;
    while count < 1_504 {
        for delivery in std::mem::take(&mut drawn) {
            let key = delivery.event.partition_key.clone().unwrap();
            handled.entry(key).or_default().push(number(&delivery));
            delivery.receipt.ack().await.unwrap();
            count += 1;
        }
        if count < 1_504 {
            drawn = next(&mut *member, 64).await;
        }
    }
    assert!(handled.values().all(|numbers| numbers.is_sorted()));
    assert_eq!(backlog(&*broker, &spec).await.total(), 0);
}

#[tokio::test]
async fn a_subscription_that_is_ordered_no_more_gives_out_what_was_behind() {
    let file = place();
    let broker = open(&file, "").await;
    publish(&*broker, std::iter::repeat_n("one", 5)).await;
    let mut member = broker.subscribe(&ordered("a")).await.unwrap();
    let first = next(&mut *member, 64).await;
    assert_eq!(first.len(), 1);
    let mut other = broker.subscribe(&group("a")).await.unwrap();
    let mut rest = Vec::new();
    while rest.len() < 4 {
        rest.extend(next(&mut *other, 64).await.iter().map(number));
    }
    rest.sort_unstable();
    assert_eq!(rest, [1, 2, 3, 4]);
}

#[tokio::test]
async fn nothing_overtakes_what_is_handed_back_dropped_or_left_in_a_dropped_next() {
    const KEYS: [&str; 4] = ["a", "b", "c", "d"];
    const MANY: usize = 200;
    let file = place();
    let broker = open(&file, "").await;
    let mut spec = ordered("a");
    spec.lease = Duration::from_millis(400);
    publish(&*broker, KEYS.into_iter().cycle().take(MANY)).await;
    // Up to where each key is settled, or is about to be.
    let begun: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let settled = Arc::new(AtomicUsize::new(0));
    let mut members = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let (broker, spec, begun, settled) =
            (open(&file, "").await, spec.clone(), begun.clone(), settled.clone());
        members.spawn(async move {
            let mut member = broker.subscribe(&spec).await.unwrap();
            let began = Instant::now();
            let mut round = 0_u64;
            while settled.load(Ordering::SeqCst) < MANY {
                assert!(began.elapsed() < PATIENCE, "{settled:?} of {MANY} are settled");
                round += 1;
                let waits = Duration::from_micros(if round.is_multiple_of(3) { 300 } else { 50_000 });
                let drawn = tokio::time::timeout(waits, member.next(3)).await;
                for delivery in drawn.map(Result::unwrap).unwrap_or_default() {
                    let (key, own) = (delivery.event.partition_key.clone().unwrap(), number(&delivery) / 4);
                    let upto = begun.lock().unwrap().get(&key).copied().unwrap_or_default();
                    assert!(own <= upto, "{own} of `{key}` came before {upto} was settled");
                    match (own as u64 + round) % 8 {
                        0 => {}
                        1 => drop(delivery.receipt.hand_back(Duration::from_millis(20)).await),
                        _ => {
                            begun.lock().unwrap().insert(key, upto.max(own + 1));
                            let done = delivery.receipt.ack().await.is_ok();
                            settled.fetch_add(usize::from(done), Ordering::SeqCst);
                        }
                    }
                }
            }
        });
    }
    while let Some(done) = members.join_next().await {
        done.unwrap();
    }
    assert_eq!(settled.load(Ordering::SeqCst), MANY);
    assert_eq!(backlog(&*broker, &spec).await.total(), 0);
}

#[tokio::test]
async fn what_is_published_later_waits_for_one_in_backoff() {
    let file = place();
    let (broker, other) = (open(&file, "").await, open(&file, "").await);
    let spec = ordered("a");
    publish(&*broker, ["one"].into_iter()).await;
    let mut member = broker.subscribe(&spec).await.unwrap();
    let first = next(&mut *member, 1).await.remove(0);
    first.receipt.hand_back(Duration::from_millis(300)).await.unwrap();
    publish(&*other, ["one", "two"].into_iter()).await;
    let mut beside = other.subscribe(&spec).await.unwrap();
    let drawn = next(&mut *beside, 9).await;
    let keys: Vec<_> = drawn.iter().map(|one| one.event.partition_key.as_deref().unwrap()).collect();
    assert_eq!(keys, ["two"]);
    assert_eq!(next(&mut *beside, 9).await[0].sequence, first.sequence);
}
