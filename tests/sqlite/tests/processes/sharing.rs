//! Processes that share the work of one agent.

use std::collections::BTreeMap;

use soorma::prelude::*;
use soorma_sqlite_tests::{Does, Place};

use crate::bench::{Processes, count, publish, settled, until};

#[tokio::test]
async fn c05_c43_processes_that_start_at_once_on_a_new_file_share_the_work() {
    let place = Place::new("shared").unwrap();
    let mut processes = Processes::new(&place);
    let mut ready = 0;
    for _ in 0..3 {
        processes.spawn("works");
    }
    while ready < 3 {
        assert_eq!(processes.next().await.1, "ready");
        ready += 1;
    }
    let client = Client::connect(&place.url(), "test").await.unwrap();
    let mut by = [0; 3];
    for number in 0..300 {
        publish(&client, number, &number.to_string(), Does::Work).await;
    }
    while by.iter().sum::<u32>() < 300 {
        let (who, said) = processes.next().await;
        by[who] += u32::from(said.starts_with("end"));
    }
    settled(&place).await;
    assert!(processes.rest().is_empty(), "one was handled twice");
    assert!(by.iter().all(|share| *share >= 30), "{by:?}");
}

#[tokio::test]
async fn c10_c11_order_by_key_holds_across_processes_and_a_kill() {
    let place = Place::new("ordered").unwrap();
    let mut processes = Processes::new(&place);
    let first = processes.start("works").await;
    processes.start("works").await;
    let client = Client::connect(&place.url(), "test").await.unwrap();
    for number in 0..200 {
        publish(&client, number, &(number % 4).to_string(), Does::Work).await;
    }
    let mut ended: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut killed = false;
    // One that was ended, and not yet acknowledged at the kill, comes again.
    while ended.values().map(|numbers| numbers.iter().max().unwrap() / 4).sum::<u32>() < 4 * 49 {
        let (who, said) = processes.next().await;
        if let Some(number) = said.strip_prefix("end ") {
            let number: u32 = number.parse().unwrap();
            let before = ended.entry(number % 4).or_default();
            let last = before.last().copied();
            assert!(
                last.map_or(number < 4, |last| number == last + 4 || (killed && number == last)),
                "{number} after {before:?}"
            );
            before.push(number);
            if !killed && who == first && ended.values().map(Vec::len).sum::<usize>() > 60 {
                processes.kill(first).await;
                killed = true;
            }
        }
    }
    assert!(killed, "the first one has done nothing");
    settled(&place).await;
}

#[tokio::test]
async fn c53_two_versions_side_by_side_handle_each_event_once_under_their_own_leases() {
    let place = Place::new("versions").unwrap();
    let mut processes = Processes::new(&place);
    let old = processes.start("works").await;
    let client = Client::connect(&place.url(), "test").await.unwrap();
    publish(&client, 0, "slow", Does::Wait).await;
    assert_eq!(processes.until("begin 0").await, old);
    let new = processes.start("works in the next version").await;
    for number in 1..=200 {
        publish(&client, number, &number.to_string(), Does::Work).await;
    }
    let mut by = [0; 2];
    while by.iter().sum::<u32>() < 200 {
        let (who, said) = processes.next().await;
        by[who] += u32::from(said.starts_with("end"));
    }
    assert!(by[old] > 0 && by[new] > 0, "{by:?}");
    // The lease of the new one is half as long, and takes nothing from the old one.
    let held_until = || count(&place, "SELECT max(until) FROM held");
    let (begun, three_leases) = (held_until(), 3_000);
    until("it is extended", || held_until() > begun + three_leases).await;
    processes.tell(old, "go").await;
    settled(&place).await;
    let rest = processes.rest();
    assert!(!rest.iter().any(|said| said.starts_with("begin")), "handled twice: {rest:?}");
}
