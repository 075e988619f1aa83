//! How a deferred task ends where it does not go as it should: results at the same moment, none at all, a function that
//! contradicts itself. Nothing stays behind.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    Address, AskError, Clock, Deferred, EventDraft, Timestamp,
    broker::{Publication, memory::MemoryBroker},
    handlers,
    lineage::{self, Expectation},
    prelude::*,
    store::{Key, Store, memory::MemoryStore},
    testing::{TestApp, TestBed},
};
use soorma_tests::{
    Add, Log, Sum,
    brokers::{Fault, Faulty},
    stores::Meeting,
};

/// Adds a list, part by part.
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

#[derive(Debug, Default)]
struct World {
    /// Runs of what changes the state.
    changes: AtomicU32,
    /// What whoever asked has heard: a total, or code and subject of a failure.
    heard: Log<Result<i64, (String, Option<String>)>>,
}

type Watched = State<Arc<World>>;

#[on_task(agent = "adder")]
async fn add(task: Task<Add>) -> Sum {
    Sum { sum: task.a + task.b }
}

#[on_task(agent = "counter")]
async fn total(task: Task<AddAll>) -> anyhow::Result<Deferred<Total>> {
    let deferred = task.defer(&Vec::<i64>::new()).await?;
    for number in &task.numbers {
        deferred.request(Add { a: *number, b: 0 }).await?;
    }
    Ok(deferred)
}

#[on_result(agent = "counter")]
async fn added(result: TaskResult<Sum>, world: Watched) -> anyhow::Result<()> {
    let Some(task) = result.task::<AddAll>().await? else { return Ok(()) };
    let sum = result.into_result()?.sum;
    let change = |sums: &mut Vec<i64>| {
        world.changes.fetch_add(1, Ordering::SeqCst);
        sums.push(sum);
    };
    let sums = task.update(change).await?;
    if sums.len() == task.numbers.len() {
        task.complete(Total { total: sums.iter().sum() }).await?;
    }
    Ok(())
}

#[on_result(agent = "counter")]
async fn hear(result: TaskResult<Total>, world: Watched) {
    world
        .heard
        .add(result.into_result().map(|total| total.total).map_err(|failed| (failed.code, failed.subject)));
}

/// An app with this agent, or with both.
async fn counter(bed: &TestBed, world: &Arc<World>, agents: &[&str]) -> TestApp {
    let app = App::builder("counter").handlers(handlers![add, total, added, hear]).state(world.clone());
    bed.start(app.agents(agents.iter().copied())).await.unwrap()
}

/// A request of the group `counter`, about `order-7`, that nobody waits for past a minute.
async fn request_for_a_minute(app: &TestApp, numbers: Vec<i64>) {
    let draft =
        EventDraft { subject: Some("order-7".into()), ..EventDraft::of(&AddAll { numbers }).unwrap() };
    let now = app.clock().timestamp();
    let request = lineage::request(
        EventEnvelope::root("counter", draft, now),
        Expectation {
            event: "total.done".into(),
            topic: ActionResults,
            to: Address::Group("counter".into()),
            expires_at: Some(Timestamp::from(std::time::SystemTime::from(now) + Duration::from_secs(60))),
            schema_name: None,
        },
    );
    let publication = Publication::new(Arc::new(request), Address::Everyone);
    app.broker().publish(vec![publication]).await.remove(0).unwrap();
}

async fn kept(app: &TestApp) -> Vec<Key> {
    app.store().list(&Key::from(["tasks"])).await.unwrap()
}

#[tokio::test]
async fn of_two_results_at_the_same_moment_one_wins_and_the_other_changes_what_that_one_left() {
    let clock = Clock::simulated();
    let store = Arc::new(Meeting::new(Arc::new(MemoryStore::new(clock.clone()))));
    let bed = TestBed::with(Arc::new(MemoryBroker::new(clock.clone())), store.clone(), clock);
    let world = Arc::<World>::default();
    let app = counter(&bed, &world, &["counter"]).await;
    app.bus().request(AddAll { numbers: vec![1, 20] }).await.unwrap();
    app.settle().await.unwrap();
    store.arrange();
    let adder = counter(&bed, &world, &["adder"]).await;
    // Where they do not meet, one waits for the other for ever.
    let settled = tokio::time::timeout(Duration::from_secs(30), adder.settle()).await;
    settled.expect("both write").unwrap();
    assert_eq!(world.changes.load(Ordering::SeqCst), 3, "one of them again");
    assert_eq!(world.heard.entries(), [Ok(21)], "none is lost");
    assert_eq!(kept(&app).await, []);
}

#[tokio::test]
async fn a_task_that_nobody_answers_ends_with_its_request_and_whoever_asked_is_told() {
    let (bed, world) = (TestBed::new(), Arc::<World>::default());
    let app = counter(&bed, &world, &["counter"]).await;
    request_for_a_minute(&app, vec![1]).await;
    app.settle().await.unwrap();
    assert_eq!((world.heard.entries(), kept(&app).await.len()), (vec![], 1));
    app.advance(Duration::from_secs(61)).await;
    app.settle().await.unwrap();
    let expired = [Err(("expired".to_owned(), Some("order-7".to_owned())))];
    assert_eq!((world.heard.entries(), kept(&app).await), (expired.to_vec(), vec![]));

    // Results that come after that find no task.
    let adder = counter(&bed, &world, &["adder"]).await;
    adder.settle().await.unwrap();
    assert_eq!(app.published::<Sum>().len(), 1);
    assert_eq!((world.heard.entries(), kept(&app).await), (expired.to_vec(), vec![]));
    assert!(app.dead_letters().await.unwrap().is_empty());
}

#[tokio::test]
async fn one_that_is_answered_in_time_hears_no_more_of_its_end() {
    let (bed, world) = (TestBed::new(), Arc::<World>::default());
    let app = counter(&bed, &world, &["counter", "adder"]).await;
    request_for_a_minute(&app, vec![1, 2]).await;
    app.settle().await.unwrap();
    app.advance(Duration::from_secs(61)).await;
    app.settle().await.unwrap();
    assert_eq!((world.heard.entries(), kept(&app).await), (vec![Ok(3)], vec![]));
}

#[tokio::test]
async fn without_a_timer_the_record_ends_thirty_days_after_the_last_change() {
    let clock = Clock::simulated();
    let broker = Arc::new(Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), Fault::NoDelay));
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let bed = TestBed::with(broker, store.clone(), clock.clone());
    let app = counter(&bed, &Arc::default(), &["counter"]).await;
    app.bus().request(AddAll { numbers: vec![1] }).await.unwrap();
    request_for_a_minute(&app, vec![1]).await;
    app.settle().await.unwrap();
    app.kill();
    const DAY: Duration = Duration::from_secs(86_400);
    for (days, left) in [(29, 2), (2, 0)] {
        clock.advance(DAY * days).await;
        assert_eq!(store.list(&Key::from(["tasks"])).await.unwrap().len(), left);
    }
}

#[on_task(agent = "plain")]
async fn forgets(task: Task<AddAll>) -> anyhow::Result<Total> {
    let deferred = task.defer(&()).await?;
    deferred.request(Add { a: 1, b: 2 }).await?;
    Ok(Total { total: 0 })
}

#[tokio::test]
async fn a_task_that_is_deferred_and_returns_something_else_is_given_up_and_leaves_nothing() {
    let app = TestApp::start(App::builder("plain").handlers(handlers![forgets])).await.unwrap();
    match app.ask(AddAll { numbers: vec![] }).await {
        Err(AskError::Failed(failed)) => {
            assert_eq!((&*failed.code, failed.attempts), ("rejected", 1));
            assert!(failed.reason.ends_with("return what `task.defer(..)` gave"), "{failed}");
        }
        other => panic!("{other:?}"),
    }
    app.settle().await.unwrap();
    assert_eq!((app.published::<Total>(), kept(&app).await), (vec![], vec![]));
    assert_eq!(app.dead_letters().await.unwrap().len(), 1);
}
