//! What the README shows in part: whole here, so that it compiles and does what is said of it.

#![allow(clippy::unwrap_used)]

use soorma::{handlers, prelude::*, testing::TestApp};

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "order.process", response = Processed)]
struct ProcessOrder {
    sku: String,
    cents: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "order.processed")]
struct Processed {
    receipt: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "stock.reserve", response = Reserved)]
struct Reserve {
    sku: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "stock.reserved")]
struct Reserved {}

async fn charge(key: String, cents: u32) -> anyhow::Result<String> {
    anyhow::ensure!(!key.is_empty(), "it could be charged twice");
    Ok(format!("{cents} cents"))
}

#[on_task]
async fn process(task: Task<ProcessOrder>) -> anyhow::Result<Processed> {
    // Another agent does it; the answer finds this task, also after a restart.
    task.delegate(Reserve { sku: task.sku.clone() }).await?;
    // Recorded: done once, or again under the same key if the process died in the middle.
    let receipt = task.step("charge card", |key| charge(key, task.cents)).await?;
    Ok(Processed { receipt })
}

#[on_task(agent = "stock")]
async fn reserve(task: Task<Reserve>) -> anyhow::Result<Reserved> {
    anyhow::ensure!(task.sku == "s1", "nothing else was asked for");
    Ok(Reserved {})
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.noted")]
struct OrderNoted {
    order_id: String,
}

#[on_event]
async fn note(order: Event<OrderPlaced>) -> OrderNoted {
    OrderNoted { order_id: order.into_payload().order_id }
}

#[tokio::test]
async fn the_task_of_the_readme_is_done() {
    let app = TestApp::start(App::builder("orders").handlers(handlers![process, reserve])).await.unwrap();
    let processed = app.ask(ProcessOrder { sku: "s1".into(), cents: 4711 }).await.unwrap();
    assert_eq!(processed.receipt, "4711 cents");
}

#[tokio::test]
async fn the_test_of_the_readme_passes() -> anyhow::Result<()> {
    let app = TestApp::start(App::builder("orders").handlers(handlers![note])).await?;
    app.publish(OrderPlaced { order_id: "o1".into() }).await?;
    app.settle().await?;
    assert_eq!(app.published::<OrderNoted>()[0].order_id, "o1");
    Ok(())
}

#[test]
fn every_part_that_the_readme_shows_stands_here() {
    let indented_nowhere = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let here = indented_nowhere(include_str!("readme.rs"));
    let parts: Vec<&str> = include_str!("../../README.md").split("```rs\n").skip(1).collect();
    assert_eq!(parts.len(), 2);
    for part in parts {
        let (part, _) = part.split_once("```").unwrap();
        assert!(here.contains(&indented_nowhere(part)), "not in this file:\n{part}");
    }
}
