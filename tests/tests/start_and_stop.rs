//! Apps that do not start, and apps that end.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    Clock, Handlers, Shutdown, StartError,
    broker::{Broker, SubscriptionId, memory::MemoryBroker},
    handlers,
    prelude::*,
    testing::{TestApp, TestBed},
};
use soorma_tests::{
    Add, Attempt, Happened, Log, Noted, Sum,
    brokers::{Fault, Faulty},
};
use tokio::sync::Semaphore;

async fn refused(app: AppBuilder) -> String {
    match TestApp::start(app).await {
        Err(error @ StartError::Table(_)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[on_event]
async fn one(_thing: Event<Happened>) {}

#[on_event]
async fn two(_thing: Event<Happened>) {}

#[on_event]
async fn needs(_thing: Event<Happened>, _state: State<AtomicU32>) {}

#[on_startup]
async fn hook_needs(_state: State<AtomicU32>) {}

#[tokio::test]
async fn an_empty_table_says_where_handlers_may_hide() {
    let error = refused(App::builder("a").handlers(Handlers::default())).await;
    assert_eq!(
        error,
        "no handlers found. If they are in a library crate (also this package's own src/lib.rs), \
         name it: #[soorma::main(name = \"..\", handlers_in = [my_agents])]"
    );
}

#[tokio::test]
async fn two_handlers_of_one_event_are_named_with_their_places() {
    let error = refused(App::builder("a").handlers(handlers![one, two])).await;
    assert!(
        error.starts_with("agent `a` has two handlers for `thing.happened` on business-facts: "),
        "{error}"
    );
    for part in ["::one` (", "::two` (", "start_and_stop.rs:", "`name = \"..\"`"] {
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test]
async fn missing_state_and_unknown_agents_are_all_named_at_once() {
    let app = App::builder("a").handlers(handlers![needs, hook_needs]).agents(["a", "b"]);
    let error = refused(app).await;
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines[0], "no agent `b`; the agents are `a`");
    assert!(lines[1].contains("::needs` ("), "{error}");
    assert!(
        lines[1].ends_with(
            "argument State<AtomicU32>: no state of type `core::sync::atomic::AtomicU32` was given; \
             add `.state(..)` to the app"
        ) || lines[1].contains("AtomicU32"),
        "{error}"
    );
    assert!(lines[2].contains("::hook_needs` ("), "{error}");
}

#[tokio::test]
async fn an_unknown_broker_is_answered_with_those_that_there_are() {
    let error = App::builder("a").handlers(handlers![one]).broker_url("kafka:x").start().await.unwrap_err();
    assert_eq!(error.to_string(), "no broker for `kafka:x`; there is `memory:`");
    let error = App::builder("a")
        .handlers(handlers![one])
        .broker_url("memory:?capacity=none")
        .start()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "broker URL `memory:?capacity=none`: `capacity` must be a number from 1 on"
    );
}

#[on_task(name = "a")]
async fn task_one(task: Task<Add>) -> Sum {
    Sum { sum: task.a }
}

#[on_event(topic = ActionRequests, name = "b")]
async fn between(_request: Event<Add>) {}

#[on_task(name = "c")]
async fn task_two(task: Task<Add>) -> Sum {
    Sum { sum: task.b }
}

#[on_event(name = "new", was = "old")]
async fn renamed(_thing: Event<Happened>) {}

#[on_event(name = "old")]
async fn still_there(_thing: Event<Happened>) {}

#[tokio::test]
async fn tasks_that_would_both_answer_and_positions_that_two_claim_are_refused() {
    let error = refused(App::builder("a").handlers(handlers![task_one, between, task_two])).await;
    assert!(
        error.starts_with("agent `a` has two tasks for `sum.requested`, which would both answer: "),
        "{error}"
    );
    assert!(error.contains("::task_one` (") && error.contains("::task_two` ("), "{error}");
    let error = refused(App::builder("a").handlers(handlers![renamed, still_there])).await;
    assert!(error.contains("takes over the position of `a/business-facts/thing.happened#old`"), "{error}");
    assert!(error.contains("::still_there` ("), "{error}");
}

#[on_startup]
async fn fails_to_start() -> anyhow::Result<()> {
    anyhow::bail!("no licence")
}

#[tokio::test]
async fn a_failing_hook_is_a_start_error() {
    let error = TestApp::start(App::builder("a").handlers(handlers![one, fails_to_start])).await.unwrap_err();
    assert!(error.to_string().ends_with("fails_to_start` failed"), "{error}");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no licence");
}

struct Gate {
    open: Semaphore,
    started: AtomicU32,
}

#[on_event(concurrency = 4, retry(max = 1))]
async fn waits(thing: Event<Happened>, gate: State<Arc<Gate>>) -> anyhow::Result<Noted> {
    gate.started.fetch_add(1, Ordering::SeqCst);
    let _permit = gate.open.acquire().await?;
    Ok(Noted { number: thing.number, note: String::new() })
}

fn subscription(agent: &str, pattern: &str) -> SubscriptionId {
    SubscriptionId { agent: agent.into(), topic: BusinessFacts, pattern: pattern.into(), name: String::new() }
}

#[on_event(concurrency = 4, retry(max = 1))]
async fn counts_attempts(thing: Event<Happened>, attempt: Attempt, log: State<Arc<Log<(u32, u32)>>>) {
    log.add((thing.number, attempt.0));
}

#[on_shutdown]
async fn goodbye() -> Noted {
    Noted { number: 99, note: "goodbye".into() }
}

#[tokio::test]
async fn a_drain_finishes_what_runs_and_hands_back_the_rest_uncounted() {
    let bed = TestBed::new();
    let gate = Arc::new(Gate { open: Semaphore::new(0), started: AtomicU32::new(0) });
    let app = App::builder("a").handlers(handlers![waits, goodbye]).state(gate.clone());
    let app = bed.start(app).await.unwrap();
    for number in 0..20 {
        app.publish(Happened::number(number)).await.unwrap();
    }
    while gate.started.load(Ordering::SeqCst) < 4 {
        tokio::task::yield_now().await;
    }
    let ids = [subscription("a", "thing.happened")];
    let backlog = bed.broker().backlog(&ids).await.unwrap();
    assert_eq!((backlog.waiting, backlog.in_flight), (12, 8), "four run, and as many wait in hand");
    let shutdown = tokio::spawn(app.shutdown());
    // What had not started is back at once, while four still run.
    let log = Arc::new(Log::<(u32, u32)>::default());
    bed.clock().advance(Duration::ZERO).await;
    let backlog = bed.broker().backlog(&ids).await.unwrap();
    assert_eq!((backlog.waiting, backlog.in_flight), (16, 4));
    assert!(!shutdown.is_finished());
    gate.open.add_permits(4);
    assert_eq!(shutdown.await.unwrap(), Shutdown::default());
    assert_eq!(gate.started.load(Ordering::SeqCst), 4, "nothing new was started");

    // Under the same subscription: the same event type and no name.
    let app =
        bed.start(App::builder("a").handlers(handlers![counts_attempts]).state(log.clone())).await.unwrap();
    app.settle().await.unwrap();
    let mut entries = log.entries();
    entries.sort_unstable();
    assert_eq!(entries, (4..20).map(|number| (number, 1)).collect::<Vec<_>>());
    let noted: Vec<_> = app.published::<Noted>().iter().map(|noted| noted.number).collect();
    assert_eq!(noted, [0, 1, 2, 3, 99]);
    assert!(app.dead_letters().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_still_runs_after_the_grace_period_is_given_up_and_comes_back() {
    let bed = TestBed::new();
    let gate = Arc::new(Gate { open: Semaphore::new(0), started: AtomicU32::new(0) });
    let app = App::builder("a").handlers(handlers![waits]).state(gate.clone()).grace(Duration::from_secs(10));
    let app = bed.start(app).await.unwrap();
    app.publish(Happened::number(1)).await.unwrap();
    while gate.started.load(Ordering::SeqCst) < 1 {
        tokio::task::yield_now().await;
    }
    let shutdown = tokio::spawn(app.shutdown());
    tokio::task::yield_now().await;
    bed.clock().advance(Duration::from_secs(10)).await;
    assert_eq!(shutdown.await.unwrap(), Shutdown { abandoned: 1, ..Shutdown::default() });

    let log = Arc::new(Log::<(u32, u32)>::default());
    let app =
        bed.start(App::builder("a").handlers(handlers![counts_attempts]).state(log.clone())).await.unwrap();
    tokio::task::yield_now().await;
    app.advance(Duration::from_secs(30)).await;
    app.settle().await.unwrap();
    assert_eq!(log.entries(), [(1, 1)], "a lost process is no failed attempt");
}

struct Blocker {
    started: AtomicU32,
    gate: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

#[on_event(concurrency = 1)]
async fn blocks_until_told(_thing: Event<Happened>, blocker: State<Arc<Blocker>>) {
    blocker.started.fetch_add(1, Ordering::SeqCst);
    let _ = blocker.gate.lock().unwrap().recv();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_handler_that_blocks_its_thread_does_not_hold_up_the_end() {
    let (open, gate) = std::sync::mpsc::channel();
    let blocker = Arc::new(Blocker { started: AtomicU32::new(0), gate: std::sync::Mutex::new(gate) });
    let app = App::builder("a")
        .handlers(handlers![blocks_until_told])
        .grace(Duration::from_millis(50))
        .state(blocker.clone());
    let clock = Clock::system();
    let app = TestBed::on(Arc::new(MemoryBroker::new(clock.clone())), clock).start(app).await.unwrap();
    app.publish(Happened::number(1)).await.unwrap();
    while blocker.started.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(app.shutdown().await.abandoned, 1);
    drop(open);
}

#[tokio::test]
async fn an_app_whose_broker_gives_nothing_more_asks_itself_to_stop() {
    let broker: Arc<dyn Broker> = Arc::new(MemoryBroker::new(Clock::system()));
    let one =
        App::builder("a").handlers(handlers![counts_attempts]).state(Arc::new(Log::<(u32, u32)>::default()));
    let one = one.broker(broker.clone()).start().await.unwrap();
    let two = App::builder("b").handlers(handlers![stops]).broker(broker.clone()).start().await.unwrap();
    // The end of one leaves the broker to the other.
    assert_eq!(one.shutdown().await, Shutdown::default());
    two.bus().publish(Happened::number(1)).await.unwrap();
    broker.close().await;
    two.stopped().await;
    assert_eq!(two.shutdown().await.deaf_subscriptions, 1);
}

#[tokio::test]
async fn a_broker_that_panics_ends_the_app() {
    let good: Arc<dyn Broker> = Arc::new(MemoryBroker::new(Clock::system()));
    let bad = Arc::new(Faulty::new(good, Fault::PanicOnNext));
    let app = App::builder("b").handlers(handlers![stops]).broker(bad).start().await.unwrap();
    app.bus().publish(Happened::number(1)).await.unwrap();
    app.stopped().await;
    assert_eq!(app.shutdown().await.deaf_subscriptions, 1);
}

#[on_shutdown]
async fn complains() -> anyhow::Result<()> {
    anyhow::bail!("the books do not add up")
}

#[tokio::test]
async fn a_shutdown_hook_that_fails_is_told() {
    let app = TestApp::start(App::builder("a").handlers(handlers![one, complains])).await.unwrap();
    assert_eq!(app.shutdown().await, Shutdown { failed_hooks: 1, ..Shutdown::default() });
}

#[on_event]
async fn stops(_thing: Event<Happened>, context: Context) {
    context.shutdown();
}

#[tokio::test]
async fn a_handler_can_ask_the_app_to_stop() {
    let app = App::builder("a").handlers(handlers![stops]).start().await.unwrap();
    app.bus().publish(Happened::number(1)).await.unwrap();
    app.stopped().await;
    let bus = app.bus();
    assert_eq!(app.shutdown().await, Shutdown::default());
    let error = anyhow::Error::new(bus.publish(Happened::number(2)).await.unwrap_err());
    assert_eq!(format!("{error:#}"), "`thing.happened` was not published: the broker handle is closed");
}
