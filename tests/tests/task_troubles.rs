//! What may come between a task and its end: dead letters, expiry, a store or timers that are not there, a shutdown, work
//! that it leaves running, another instance.

#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use soorma::{
    App, Clock, TaskError,
    broker::{Broker, memory::MemoryBroker},
    handlers,
    prelude::*,
    store::{Key, Store, memory::MemoryStore},
    testing::{TestApp, TestBed},
};
use soorma_tests::{
    Add, Log, Sum,
    brokers::{Fault, Faulty},
    stores::Severable,
};
use tokio::sync::Notify;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "work.requested", response = Worked)]
struct Work {}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "work.done")]
struct Worked {
    result: i64,
}

type Lines = Arc<Log<String>>;

async fn journal(app: &TestApp) -> Vec<Key> {
    app.store().list(&Key::from(["tasks"])).await.unwrap()
}

/// Refuses negative numbers; takes ten minutes for large ones.
#[on_task(agent = "adder", retry(max = 1, backoff = "1s..1s"))]
async fn add(task: Task<Add>, lines: State<Lines>) -> anyhow::Result<Sum> {
    lines.add("asked".into());
    anyhow::ensure!(task.a >= 0, "no negative numbers");
    if task.a > 100 {
        task.sleep(Duration::from_secs(600)).await?;
    }
    Ok(Sum { sum: task.a + task.b })
}

#[on_task(retry(max = 2, backoff = "1s..1s"))]
async fn both(task: Task<Work>, lines: State<Lines>) -> anyhow::Result<Worked> {
    lines.add("run".into());
    let (one, two) =
        tokio::try_join!(task.delegate(Add { a: -1, b: 0 }), task.delegate(Add { a: 200, b: 0 }))?;
    Ok(Worked { result: one.sum + two.sum })
}

#[tokio::test]
async fn a_task_in_the_dead_letters_is_not_woken_by_a_late_answer() {
    let lines = Lines::default();
    let app = App::builder("worker").handlers(handlers![add, both]).state(lines.clone());
    let app = TestApp::start(app).await.unwrap();
    app.bus().request(Work {}).await.unwrap();
    app.settle().await.unwrap();
    let letters = app.dead_letters().await.unwrap();
    assert_eq!(letters.len(), 2, "that of the adder, and that of the task: {letters:#?}");
    let runs = || lines.entries().iter().filter(|line| *line == "run").count();
    let before = runs();
    app.advance(Duration::from_secs(601)).await;
    app.settle().await.unwrap();
    assert_eq!(app.published::<Sum>().len(), 1, "the late answer has come");
    assert_eq!((runs(), app.dead_letters().await.unwrap().len()), (before, 2));
    let of_task = letters.iter().find(|letter| letter.handler.ends_with("both")).unwrap();
    assert!(app.broker().dead_letters().replay(&of_task.id()).await.unwrap());
    app.settle().await.unwrap();
    assert_eq!(runs(), before + 1, "only its replay runs it, and meets the refusal again");
    assert_eq!(app.dead_letters().await.unwrap().len(), 2);
}

#[on_task]
async fn slow(task: Task<Work>, lines: State<Lines>) -> anyhow::Result<Worked> {
    task.sleep(Duration::from_secs(600)).await?;
    lines.add("end".into());
    Ok(Worked { result: 1 })
}

#[tokio::test]
async fn a_task_that_has_begun_goes_on_when_its_request_has_expired() {
    let lines = Lines::default();
    let app = App::builder("worker").handlers(handlers![slow]).state(lines.clone());
    let app = TestApp::start(app).await.unwrap();
    let asked = tokio::spawn(app.bus().ask(Work {}).into_future());
    tokio::task::yield_now().await;
    app.settle().await.unwrap();
    assert_eq!(journal(&app).await.len(), 2, "a head, and a call");
    app.advance(Duration::from_secs(601)).await;
    app.settle().await.unwrap();
    assert!(asked.await.unwrap().is_err(), "nobody waited so long");
    assert_eq!(lines.entries(), ["end"]);
    assert_eq!(journal(&app).await, []);
}

#[on_task(retry(max = 1, backoff = "1s..1s"))]
async fn notes(
    task: Task<Work>,
    lines: State<Lines>,
    store: State<Arc<Severable>>,
) -> anyhow::Result<Worked> {
    let first = lines.entries().is_empty();
    let result = task
        .step("note", |key| {
            lines.add(key);
            store.set_away(first);
            async { anyhow::Ok(3) }
        })
        .await?;
    Ok(Worked { result })
}

#[tokio::test]
async fn a_store_out_of_reach_costs_no_attempt() {
    let (clock, lines) = (Clock::simulated(), Lines::default());
    let store = Arc::new(Severable::new(Arc::new(MemoryStore::new(clock.clone()))));
    let bed = TestBed::with(Arc::new(MemoryBroker::new(clock.clone())), store.clone(), clock);
    let app = App::builder("worker").handlers(handlers![notes]).state(lines.clone()).state(store.clone());
    let app = bed.start(app).await.unwrap();
    app.bus().request(Work {}).await.unwrap();
    app.advance(Duration::from_secs(300)).await;
    assert_eq!(app.published::<Worked>(), []);
    store.set_away(false);
    app.advance(Duration::from_secs(300)).await;
    assert_eq!(app.published::<Worked>(), [Worked { result: 3 }]);
    let keys = lines.entries();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    assert!(app.dead_letters().await.unwrap().is_empty());
    assert_eq!(journal(&app).await, []);
}

#[on_task(retry(max = 3, backoff = "1s..1s"))]
async fn impatient(task: Task<Work>) -> anyhow::Result<Worked> {
    let sum = task.delegate(Add { a: 1, b: 1 }).timeout(Duration::from_secs(60)).await?;
    Ok(Worked { result: sum.sum })
}

#[tokio::test]
async fn where_the_broker_knows_no_timers_a_deadline_is_an_error_at_once_and_nobody_is_asked() {
    let (clock, lines) = (Clock::simulated(), Lines::default());
    let broker = Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), Fault::NoDelay);
    let bed = TestBed::on(Arc::new(broker), clock);
    let app = App::builder("worker").handlers(handlers![add, impatient]).state(lines.clone());
    let app = bed.start(app).await.unwrap();
    app.bus().request(Work {}).await.unwrap();
    app.settle().await.unwrap();
    let letters = app.dead_letters().await.unwrap();
    assert_eq!((letters.len(), letters[0].attempts), (1, 1), "{letters:#?}");
    assert!(lines.entries().is_empty());
}

#[tokio::test]
async fn an_app_that_ends_suspends_what_waits_and_waits_for_nothing() {
    let clock = Clock::simulated();
    let broker: Arc<dyn Broker> = Arc::new(MemoryBroker::new(clock.clone()));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
    let lines = Lines::default();
    let app = || {
        let app = App::builder("worker").handlers(handlers![slow]).state(lines.clone()).clock(clock.clone());
        app.broker(broker.clone()).store(store.clone()).suspend_after(Duration::from_secs(3_600))
    };
    let first = app().start().await.unwrap();
    first.bus().request(Work {}).await.unwrap();
    clock.advance(Duration::from_secs(1)).await;
    let shutdown = tokio::time::timeout(Duration::from_secs(20), first.shutdown()).await;
    assert_eq!(shutdown.unwrap().abandoned, 0, "the clock has not moved, so nobody waited");
    let second = app().start().await.unwrap();
    clock.advance(Duration::from_secs(600)).await;
    assert_eq!(lines.entries(), ["end"]);
    second.shutdown().await;
    assert_eq!(store.list(&Key::from(["tasks"])).await.unwrap(), []);
}

#[on_task]
async fn leaves_work(task: Task<Work>, lines: State<Lines>) -> anyhow::Result<Worked> {
    let (left, lines) = (task.clone(), Arc::clone(&lines));
    let work = tokio::spawn(async move {
        // Both calls are made at once, so that all have one order.
        let asks = left.delegate(Add { a: 1, b: 1 });
        let note = left.step("note", |_| {
            lines.add("note".into());
            async { anyhow::Ok(1) }
        });
        let sum = asks.await?.sum;
        let noted = note.await;
        if matches!(noted, Err(TaskError::TakenOver)) {
            lines.add("over".into());
        }
        noted.map(|noted| noted + sum)
    });
    tokio::task::yield_now().await;
    task.sleep(Duration::from_secs(60)).await?;
    Ok(Worked { result: work.await?? })
}

#[tokio::test]
async fn what_a_suspended_task_has_left_running_does_nothing_more() {
    let lines = Lines::default();
    let app = App::builder("worker").handlers(handlers![add, leaves_work]).state(lines.clone());
    let app = TestApp::start(app).await.unwrap();
    app.bus().request(Work {}).await.unwrap();
    app.settle().await.unwrap();
    app.advance(Duration::from_secs(61)).await;
    app.settle().await.unwrap();
    assert_eq!(app.published::<Worked>(), [Worked { result: 3 }], "{:?}", lines.entries());
    let notes = lines.entries().iter().filter(|line| *line == "note").count();
    assert_eq!(notes, 1, "{:?}", lines.entries());
    assert_eq!(journal(&app).await, []);
}

/// Where the first run of a step waits.
#[derive(Default)]
struct Gate {
    reached: Notify,
    opened: Notify,
}

#[on_task]
async fn waits_in_step(
    task: Task<Work>,
    lines: State<Lines>,
    gate: State<Arc<Gate>>,
) -> anyhow::Result<Worked> {
    let first = lines.entries().is_empty();
    lines.add("run".into());
    let step = task.step("effect", |_| async {
        if first {
            gate.reached.notify_one();
            gate.opened.notified().await;
        }
        anyhow::Ok(if first { 1 } else { 2 })
    });
    let result = step.await;
    lines.add(format!("{:?}", result.as_ref().map_err(ToString::to_string)));
    Ok(Worked { result: result? })
}

#[tokio::test]
async fn of_two_instances_that_run_one_task_one_wins_and_the_other_learns_it() {
    let (clock, lines, gate) = (Clock::simulated(), Lines::default(), Arc::<Gate>::default());
    // The first one loses its lease.
    let broker = Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), Fault::RefuseExtensions);
    let bed = TestBed::on(Arc::new(broker), clock);
    let app =
        || App::builder("worker").handlers(handlers![waits_in_step]).state(lines.clone()).state(gate.clone());
    let one = bed.start(app()).await.unwrap();
    let two = bed.start(app()).await.unwrap();
    one.bus().request(Work {}).await.unwrap();
    gate.reached.notified().await;
    bed.clock().advance(Duration::from_secs(31)).await;
    assert_eq!(one.published::<Worked>(), [Worked { result: 2 }]);
    gate.opened.notify_one();
    two.advance(Duration::from_secs(31)).await;
    two.settle().await.unwrap();
    let lines = lines.entries();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(lines[2], "Ok(2)");
    assert!(lines[3].contains("this run of the task is over"), "{lines:?}");
    assert_eq!(one.published::<Worked>(), [Worked { result: 2 }]);
    assert_eq!(journal(&one).await, []);
}

#[on_task(agent = "twice")]
async fn answers_twice(task: Task<Add>, bus: Bus) -> anyhow::Result<Sum> {
    bus.respond(task.envelope(), Sum { sum: 1 }).await?;
    Ok(Sum { sum: 2 })
}

#[on_task(concurrency = 64)]
async fn one_answer(task: Task<Work>, lines: State<Lines>) -> anyhow::Result<Worked> {
    let sum = task.delegate(Add { a: 1, b: 1 }).await?.sum;
    let again = task.step("again", |key| {
        lines.add(key);
        async move { anyhow::Ok(sum) }
    });
    Ok(Worked { result: sum * 10 + again.await? })
}

#[tokio::test]
async fn two_instances_that_get_two_answers_to_one_delegation_agree_on_one() {
    let (bed, lines) = (TestBed::new(), Lines::default());
    let app = || App::builder("worker").handlers(handlers![answers_twice, one_answer]).state(lines.clone());
    let one = bed.start(app()).await.unwrap();
    let _two = bed.start(app()).await.unwrap();
    for _ in 0..200 {
        one.bus().request(Work {}).await.unwrap();
    }
    one.settle().await.unwrap();
    let worked = one.published::<Worked>();
    assert_eq!(worked.len(), 200);
    assert!(worked.iter().all(|worked| [11, 22].contains(&worked.result)), "{worked:?}");
    assert_eq!(lines.entries().len(), 200, "each step once");
    assert_eq!(journal(&one).await, []);
}

#[on_task]
async fn holds(task: Task<Work>, token: State<Arc<()>>) -> anyhow::Result<Worked> {
    let held = Arc::clone(&token);
    task.sleep(Duration::from_secs(600)).await?;
    drop(held);
    Ok(Worked { result: 1 })
}

#[tokio::test]
async fn a_thousand_tasks_that_wait_hold_nothing_in_the_process() {
    const TASKS: usize = 1_000;
    let token = Arc::new(());
    let app = App::builder("worker").handlers(handlers![holds]).state(token.clone());
    let app = TestApp::start(app).await.unwrap();
    let before = Arc::strong_count(&token);
    for _ in 0..TASKS {
        app.bus().request(Work {}).await.unwrap();
    }
    app.settle().await.unwrap();
    assert_eq!(journal(&app).await.len(), 2 * TASKS, "a head and a call each");
    assert_eq!(Arc::strong_count(&token), before, "each of them was dropped");
    app.advance(Duration::from_secs(601)).await;
    app.settle().await.unwrap();
    assert_eq!(app.published::<Worked>().len(), TASKS);
    assert_eq!(journal(&app).await, []);
}
