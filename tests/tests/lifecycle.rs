//! What is said of tasks and plans: once, and only where there is a plan.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use soorma::{
    Deferred, Identity, handlers,
    lifecycle::{PlanCompleted, PlanStarted, TaskFailure, TaskProgress},
    prelude::*,
    testing::{TestApp, TestBed},
};
use soorma_tests::{Add, Happened, Log, Sum};

/// Adds a list, in a plan or not.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "total.requested", response = Total)]
struct AddAll {
    numbers: Vec<i64>,
}

/// The sum of a list.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "total.done")]
struct Total {
    total: i64,
}

#[on_task(retry(max = 2, backoff = "1s..1s"))]
async fn total(task: Task<AddAll>) -> anyhow::Result<Total> {
    task.progress(0.0, "begin").await?;
    let mut total = 0;
    for number in &task.numbers {
        total = task.delegate(Add { a: *number, b: total }).await?.sum;
    }
    // Past the end is the end.
    task.progress(1.5, format!("{total}")).await?;
    Ok(Total { total })
}

#[on_task(agent = "adder", retry(max = 2, backoff = "1s..1s"))]
async fn add(task: Task<Add>) -> anyhow::Result<Sum> {
    anyhow::ensure!(task.a >= 0, "no negative numbers");
    Ok(Sum { sum: task.a + task.b })
}

/// What was said of the tasks of one event type.
fn said(app: &TestApp, request: &str) -> Vec<String> {
    let events = app.events();
    let of_tasks = events.iter().filter(|event| event.topic == TaskEvents);
    let said = of_tasks.filter(|event| {
        event.data_as::<serde_json::Value>().unwrap()["request"] == request
            && event.plan_id.as_deref() == Some("plan-1")
    });
    said.map(|event| event.event_type.to_string()).collect()
}

fn in_plan(app: &TestApp) -> Bus {
    app.bus().on_behalf_of(Identity { plan_id: Some("plan-1".into()), ..Identity::default() })
}

#[tokio::test]
async fn a_task_of_a_plan_says_each_thing_once_however_often_it_runs() {
    let app = TestApp::start(App::builder("planner").handlers(handlers![total, add])).await.unwrap();
    in_plan(&app).request(AddAll { numbers: vec![1, 2, 3] }).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(app.published::<Total>(), [Total { total: 6 }]);
    let all = ["task.started", "task.progress", "task.progress", "task.completed"];
    assert_eq!(said(&app, "total.requested"), all, "suspended three times");
    assert_eq!(said(&app, "sum.requested").len(), 6, "its parts are tasks of the plan, too");
    let fractions: Vec<f64> =
        app.published::<TaskProgress>().iter().map(|progress| progress.fraction).collect();
    assert_eq!(fractions, [0.0, 1.0]);
    let started = app.events().into_iter().find(|event| event.event_type == "task.started").unwrap();
    assert_eq!(&*started.source, "planner");
}

#[tokio::test]
async fn a_task_without_a_plan_says_nothing() {
    let app = TestApp::start(App::builder("planner").handlers(handlers![total, add])).await.unwrap();
    app.bus().request(AddAll { numbers: vec![1] }).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(app.published::<Total>().len(), 1);
    assert!(app.events().iter().all(|event| event.topic != TaskEvents));
}

#[tokio::test]
async fn a_task_that_fails_for_good_says_so_once_and_with_the_reason() {
    let app = TestApp::start(App::builder("planner").handlers(handlers![add])).await.unwrap();
    in_plan(&app).request(Add { a: -1, b: 0 }).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(said(&app, "sum.requested"), ["task.started", "task.failed"], "two attempts");
    let failed = app.published::<TaskFailure>().remove(0);
    assert_eq!(
        (&*failed.reason, &*failed.code, failed.attempts),
        ("no negative numbers", "attempts-exhausted", 2)
    );
}

#[on_task]
async fn later(task: Task<AddAll>) -> anyhow::Result<Deferred<Total>> {
    let deferred = task.defer(&()).await?;
    deferred.request(Add { a: task.numbers[0], b: 0 }).await?;
    Ok(deferred)
}

#[on_result]
async fn added(result: TaskResult<Sum>) -> anyhow::Result<()> {
    let Some(task) = result.task::<AddAll>().await? else { return Ok(()) };
    match result.as_result() {
        Ok(sum) => task.complete(Total { total: sum.sum }).await?,
        Err(failed) => task.fail(&failed.reason).await?,
    };
    Ok(())
}

#[tokio::test]
async fn a_deferred_task_is_completed_or_failed_when_it_is_answered() {
    let bed = TestBed::new();
    let builder = || App::builder("planner").handlers(handlers![later, added, add]);
    let planner = bed.start(builder().agents(["planner"])).await.unwrap();
    in_plan(&planner).request(AddAll { numbers: vec![1] }).await.unwrap();
    planner.settle().await.unwrap();
    assert_eq!(said(&planner, "total.requested"), ["task.started"]);
    planner.shutdown().await;
    let app = bed.start(builder()).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(said(&app, "total.requested"), ["task.started", "task.completed"]);

    in_plan(&app).request(AddAll { numbers: vec![-1] }).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(said(&app, "total.requested")[2..], ["task.started", "task.failed"]);
}

#[on_event(produces(PlanStarted, PlanCompleted, AddAll))]
async fn plan(thing: Event<Happened>, bus: Bus) -> anyhow::Result<()> {
    let plan = bus.in_plan("plan-1");
    plan.publish(PlanStarted { description: thing.key.clone() }).await?;
    let total = plan.ask(AddAll { numbers: vec![1] }).await?;
    anyhow::ensure!(total.total == 1);
    plan.publish(PlanCompleted {}).await?;
    Ok(())
}

#[on_event]
async fn begun(plan: Event<PlanStarted>, log: State<Arc<Log<String>>>) {
    log.add(format!("{} {:?}", plan.description, plan.envelope().plan_id));
}

#[tokio::test]
async fn a_handler_begins_a_plan_and_others_hear_of_it() {
    let log = Arc::<Log<String>>::default();
    let app = App::builder("planner").handlers(handlers![plan, begun, total, add]).state(log.clone());
    let app = TestApp::start(app).await.unwrap();
    app.publish(Happened::number(7)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(log.entries(), ["7 Some(\"plan-1\")"]);
    assert_eq!(app.published::<PlanCompleted>().len(), 1);
    assert_eq!(said(&app, "total.requested").len(), 4);
    assert!(app.registry().catalogue().await.unwrap().event("plan.started").is_some());
}
