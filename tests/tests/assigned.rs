//! Work that is assigned: the agent that is meant has it, and no other one that could.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use soorma::{BusError, TaskError, handlers, prelude::*, testing::TestApp};
use soorma_tests::{Add, Happened, Log, Sum};

/// Has sums made by the agent that it names.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "sum.delegated", response = Sum)]
struct Delegate {
    to: String,
}

#[on_task(agent = "left")]
async fn add_left(task: Task<Add>, log: State<Arc<Log<&'static str>>>) -> Sum {
    log.add("left");
    Sum { sum: task.a + task.b }
}

#[on_task(agent = "right")]
async fn add_right(task: Task<Add>, log: State<Arc<Log<&'static str>>>) -> Sum {
    log.add("right");
    Sum { sum: task.a + task.b }
}

#[on_task(agent = "left")]
async fn delegate(task: Task<Delegate>) -> Result<Sum, TaskError> {
    task.delegate(Add { a: 4, b: 4 }).assigned_to(&task.to).await
}

#[on_event(agent = "left")]
async fn request(thing: Event<Happened>, bus: Bus) -> anyhow::Result<()> {
    bus.request(Add { a: i64::from(thing.number), b: 0 }).assigned_to("right").await?;
    Ok(())
}

#[on_result(agent = "left")]
async fn hear(result: TaskResult<Sum>, log: State<Arc<Log<&'static str>>>) {
    assert!(result.as_result().is_ok());
    log.add("heard");
}

async fn app() -> (TestApp, Arc<Log<&'static str>>) {
    let log = Arc::new(Log::default());
    let handlers = handlers![add_left, add_right, delegate, request, hear];
    let app = TestApp::start(App::builder("left").handlers(handlers).state(log.clone())).await.unwrap();
    (app, log)
}

#[tokio::test]
async fn a_question_is_answered_by_whom_it_is_assigned_to_alone() {
    let (app, log) = app().await;
    for agent in ["right", "left", "right"] {
        app.bus().ask(Add { a: 1, b: 2 }).assigned_to(agent).await.unwrap();
    }
    let untyped = app.bus().event(ActionRequests, "sum.requested").data(Add { a: 2, b: 2 });
    untyped.response_event("sum.made").assigned_to("left").ask().await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(log.entries(), ["right", "left", "right", "left"]);
}

#[tokio::test]
async fn a_delegation_and_a_durable_request_too() {
    let (app, log) = app().await;
    assert_eq!(app.ask(Delegate { to: "right".into() }).await.unwrap().sum, 8);
    app.publish(Happened::number(3)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(log.entries(), ["right", "right", "heard"]);
}

#[tokio::test]
async fn a_name_that_no_agent_can_have_is_an_error_and_nothing_is_published() {
    let (app, log) = app().await;
    let error = app.bus().request(Add { a: 1, b: 2 }).assigned_to("the right one").await.unwrap_err();
    assert!(matches!(error, BusError::Agent { .. }));
    assert_eq!(error.to_string(), "no agent can have the name `the right one`");
    assert!(app.bus().ask(Add { a: 1, b: 2 }).assigned_to("").await.is_err());
    app.settle().await.unwrap();
    assert!(log.entries().is_empty());
}
