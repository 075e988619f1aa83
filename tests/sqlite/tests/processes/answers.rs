//! Requests and answers between processes that come and go.

use soorma::prelude::*;
use soorma_sqlite_tests::{Double, Place};

use crate::bench::{Processes, count, settled, stored};

#[tokio::test]
async fn c38_an_answer_reaches_the_group_that_asked_when_all_its_processes_are_others_by_then() {
    let place = Place::new("answers").unwrap();
    let mut processes = Processes::new(&place);
    let (one, two) = (processes.start("asks").await, processes.start("asks").await);
    processes.tell(one, "request 21").await;
    processes.until("requested").await;
    processes.end(one).await;
    processes.kill(two).await;
    processes.start("hears the answers to others").await;
    processes.start("doubles").await;
    processes.until("doubles 21").await;
    let again = [processes.start("asks").await, processes.start("asks").await];
    let heard = loop {
        let (who, said) = processes.next().await;
        if said.starts_with("heard") {
            break (who, said);
        }
    };
    assert!(again.contains(&heard.0) && heard.1 == "heard 42", "{heard:?}");
    settled(&place).await;
    let rest = processes.rest();
    assert!(!rest.iter().any(|said| said.starts_with("heard")), "somebody else heard it: {rest:?}");
    assert_eq!(stored(&place, "process.doubled"), 1);
    let answers_it = "SELECT answer.parent = request.id FROM events answer, events request
                      WHERE answer.type = 'process.doubled' AND request.type = 'process.double'";
    assert_eq!(count(&place, answers_it), 1);
}

#[tokio::test]
async fn c50_a_request_from_before_its_worker_ever_existed_is_handled_when_that_starts() {
    let place = Place::new("request").unwrap();
    let client = Client::connect(&place.url(), "test").await.unwrap();
    client.request(Double { number: 21 }).await.unwrap();
    client.close().await;
    let mut processes = Processes::new(&place);
    processes.spawn("doubles");
    processes.until("doubles 21").await;
    settled(&place).await;
    let answered = "SELECT data ->> 'number' FROM events WHERE type = 'process.doubled'";
    assert_eq!((stored(&place, "process.doubled"), count(&place, answered)), (1, 42));
}
