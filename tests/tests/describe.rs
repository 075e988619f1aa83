//! `describe`: the handler table, for people and for tools.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use soorma::{App, Description, handlers, prelude::*};
use soorma_tests::{Add, Happened, Noted, Sum};

#[on_event(agent = "zoo", broadcast)]
#[on_event(agent = "ant", ordered, from = "start", name = "second", was = "first")]
async fn hears(_thing: Event<Happened>) -> Option<Noted> {
    None
}

/// Adds two numbers.
#[on_task(timeout = "90s", retry(max = 2, backoff = "250ms..1m"), concurrency = 3, produces(Happened, Noted))]
async fn adds(task: Task<Add>) -> anyhow::Result<(Sum, Option<Noted>)> {
    Ok((Sum { sum: task.a }, None))
}

#[on_event(topic = BusinessFacts, event_type = "thing.>")]
async fn audits(_event: EventEnvelope) {}

#[on_shutdown]
async fn leaves() -> Noted {
    Noted { number: 0, note: "gone".into() }
}

fn described() -> Description {
    App::builder("main").handlers(handlers![leaves, hears, audits, adds]).describe().unwrap()
}

#[test]
fn the_table_is_sorted_and_tells_the_options_that_were_written() {
    let expected = "\
AGENT  ATTRIBUTE    TOPIC            EVENT TYPE      PUBLISHES                              OPTIONS                                            HANDLER
ant    on_event     business-facts   thing.happened  thing.noted                            name=second was=first ordered from=start           describe::hears
main   on_task      action-requests  sum.requested   sum.done, thing.happened, thing.noted  max=2 backoff=250ms..1m timeout=90s concurrency=3  describe::adds
main   on_event     business-facts   thing.>         -                                      -                                                  describe::audits
main   on_shutdown  -                -               thing.noted                            -                                                  describe::leaves
zoo    on_event     business-facts   thing.happened  thing.noted                            broadcast                                          describe::hears
";
    assert_eq!(described().to_string(), expected);
}

#[test]
fn the_json_tells_what_the_runtime_goes_by() {
    let json = serde_json::to_value(described()).unwrap();
    let adds = &json["agents"][1]["handlers"][0];
    assert_eq!(
        *adds,
        json!({
            "attribute": "on_task",
            "topic": "action-requests",
            "event_type": "sum.requested",
            "payload": "Add",
            "publishes": [
                { "topic": "action-results", "event_type": "sum.done", "payload": "Sum" },
                { "topic": "business-facts", "event_type": "thing.happened", "payload": "Happened" },
                { "topic": "business-facts", "event_type": "thing.noted", "payload": "Noted" },
            ],
            "max_attempts": 2,
            "first_pause_ms": 250,
            "longest_pause_ms": 60_000,
            "timeout_ms": 90_000,
            "concurrency": 3,
            "ordered": false,
            "outputs_recorded": false,
            "broadcast": false,
            "from": "start",
            "handler": "describe::adds",
            "description": "Adds two numbers.",
            "file": "tests/tests/describe.rs",
        })
    );
    let hooks = &json["agents"][1]["hooks"];
    assert_eq!(hooks[0]["handler"], "describe::leaves");
    assert_eq!(json["agents"][0]["handlers"][0]["payload"], "Happened");
    assert_eq!(json["agents"][1]["handlers"][1]["payload"], Value::Null);
}
