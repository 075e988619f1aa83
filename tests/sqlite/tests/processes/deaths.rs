//! What a process leaves behind that is killed.

use std::time::Duration;

use soorma::prelude::*;
use soorma_sqlite_tests::{Does, Place};

use crate::bench::{Processes, by_hand, count, publish, settled, stored, until};

#[tokio::test]
async fn c08_c20_what_a_killed_process_had_in_hand_and_what_came_meanwhile_goes_to_the_next() {
    let place = Place::new("killed").unwrap();
    let mut processes = Processes::new(&place);
    let hangs = processes.start("hangs").await;
    let client = Client::connect(&place.url(), "test").await.unwrap();
    publish(&client, 1, "a", Does::Hang).await;
    assert_eq!(processes.until("begin 1").await, hangs);
    processes.kill(hangs).await;
    publish(&client, 2, "b", Does::Work).await;
    let other = processes.start("works").await;
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let (who, said) = processes.next().await;
        if let Some(number) = said.strip_prefix("end ") {
            assert_eq!(who, other);
            ended.push(number.to_owned());
        }
    }
    ended.sort();
    assert_eq!(ended, ["1", "2"]);
    settled(&place).await;
    assert_eq!(count(&place, "SELECT count(*) FROM failed"), 0);
}

#[tokio::test]
async fn c46_an_event_that_kills_each_process_is_a_dead_letter_and_the_others_are_handled() {
    let place = Place::new("deadly").unwrap();
    let mut processes = Processes::new(&place);
    processes.start("works").await;
    let client = Client::connect(&place.url(), "test").await.unwrap();
    publish(&client, 666, "a", Does::Die).await;
    let letters = "SELECT count(*) FROM failed WHERE reason = 'process-lost'";
    let mut deaths = 0;
    while count(&place, letters) == 0 {
        assert!(deaths < 40, "it has killed 40 processes");
        let looks = tokio::time::timeout(Duration::from_millis(200), processes.next()).await;
        if looks.is_ok_and(|(_, said)| said == "gone") {
            deaths += 1;
            // It may die before it is ready.
            processes.spawn("works");
        }
    }
    assert!(deaths > 1);
    publish(&client, 1, "a", Does::Work).await;
    processes.until("end 1").await;
    settled(&place).await;
}

#[tokio::test]
async fn c29_c35_what_a_process_has_published_before_it_is_killed_is_there() {
    let place = Place::new("published").unwrap();
    let mut processes = Processes::new(&place);
    let publisher = processes.spawn("publishes");
    processes.until("stored 100").await;
    processes.kill(publisher).await;
    let mut last = 100;
    while let Some(number) = processes.next().await.1.strip_prefix("stored ") {
        last = number.parse().unwrap();
    }
    let stored = stored(&place, "process.step");
    // One may be stored of which it could not speak any more.
    assert!(stored == last + 1 || stored == last + 2, "{last} was the last that was stored, of {stored}");
}

/// How often the output of an event is stored, of which a process was killed between output and acknowledgement.
async fn outputs_of_one_killed_before_it_settles(parameters: &str) -> i64 {
    let place = Place::new(&format!("outputs{}", parameters.len())).unwrap();
    let mut processes = Processes::on(format!("{}{parameters}", place.url()));
    let killed = processes.start("works").await;
    // As long as this is there, nobody settles anything.
    let trigger = "CREATE TRIGGER keeps BEFORE DELETE ON held BEGIN SELECT RAISE(ABORT, 'kept'); END";
    by_hand(&place).execute_batch(trigger).unwrap();
    let client = Client::connect(&place.url(), "test").await.unwrap();
    publish(&client, 1, "a", Does::Work).await;
    until("the output is stored", || stored(&place, "process.done") == 1).await;
    processes.kill(killed).await;
    by_hand(&place).execute_batch("DROP TRIGGER keeps").unwrap();
    let back = processes.start("works").await;
    while processes.until("end 1").await != back {}
    settled(&place).await;
    stored(&place, "process.done")
}

#[tokio::test]
async fn c47_outputs_of_a_process_killed_before_its_acknowledgement_are_stored_once_inside_the_window() {
    assert_eq!(outputs_of_one_killed_before_it_settles("").await, 1);
    // It comes back when a lease of two seconds is over.
    assert_eq!(outputs_of_one_killed_before_it_settles("?dedup=500ms").await, 2);
}
