//! Processes that stand still for a while, and go on where time has not waited for them.

use std::collections::BTreeSet;

use soorma::prelude::*;
use soorma_sqlite_tests::{Does, Place};

use crate::bench::{Processes, count, publish, settled, stored};

#[tokio::test]
async fn c22_a_process_that_has_stood_still_past_its_lease_neither_publishes_nor_settles() {
    let place = Place::new("lease").unwrap();
    let mut processes = Processes::new(&place);
    let slow = processes.start("works").await;
    let client = Client::connect(&place.url(), "test").await.unwrap();
    publish(&client, 1, "a", Does::Wait).await;
    assert_eq!(processes.until("begin 1").await, slow);
    processes.pause(slow);
    let other = processes.start("works").await;
    assert_eq!(processes.until("begin 1").await, other);
    processes.tell(slow, "go").await;
    processes.resume(slow);
    processes.end(slow).await;
    assert_eq!((stored(&place, "process.done"), count(&place, "SELECT count(*) FROM in_hand")), (0, 1));
    processes.tell(other, "go").await;
    settled(&place).await;
    assert_eq!(stored(&place, "process.done"), 1);
    let rest = processes.rest();
    assert!(!rest.iter().any(|said| said == "begin 1"), "the settlement did not stand: {rest:?}");
}

#[tokio::test]
async fn c58_a_broadcast_goes_on_from_its_last_event_after_its_process_has_stood_still() {
    let place = Place::new("broadcast").unwrap();
    let mut processes = Processes::new(&place);
    let listens = processes.start("listens").await;
    let client = Client::connect(&place.url(), "test").await.unwrap();
    let mut heard = BTreeSet::new();
    for part in [0..10, 10..20, 20..30] {
        if part.start == 10 {
            processes.pause(listens);
        }
        for number in part.clone() {
            publish(&client, number, &number.to_string(), Does::Work).await;
        }
        processes.resume(listens);
        while heard.len() < part.end as usize {
            let (_, said) = processes.next().await;
            assert!(heard.insert(said), "heard twice: {heard:?}");
        }
    }
    let all: BTreeSet<_> = (0..30).map(|number| format!("heard {number}")).collect();
    assert_eq!(heard, all);
}
