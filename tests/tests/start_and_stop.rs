//! How apps start and end.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    Clock, Shutdown,
    broker::{Broker, SubscriptionId, memory::MemoryBroker},
    handlers,
    prelude::*,
    testing::{TestApp, TestBed},
};
use soorma_tests::{
    Attempt, Happened, Log, Noted,
    brokers::{Fault, Faulty},
};
use tokio::sync::Semaphore;

#[on_event]
async fn one(_thing: Event<Happened>) {}

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

/// What the old version of the agent heard.
#[on_event(agent = "shop", topic = BusinessFacts, event_type = "thing.*")]
async fn used_to_hear(_event: EventEnvelope) {}

#[on_event(agent = "shop")]
async fn hears_now(_thing: Event<Happened>) {}

#[on_event(agent = "other")]
async fn belongs_to_others(_thing: Event<Happened>) {}

#[tokio::test]
async fn provisioning_finds_what_no_handler_claims_and_removes_it_when_asked() {
    let broker: Arc<dyn Broker> = Arc::new(MemoryBroker::new(Clock::system()));
    let app = |handlers| App::builder("shop").handlers(handlers).broker(broker.clone());
    let old = app(handlers![used_to_hear, belongs_to_others]).provision(false).await.unwrap();
    assert_eq!((old.subscriptions.len(), old.unclaimed.len()), (2, 0));
    let found = app(handlers![hears_now]).provision(false).await.unwrap();
    assert_eq!(
        found.to_string(),
        "subscriptions: 1\nshop/business-facts/thing.*: no handler claims it; `--prune` removes it\n"
    );
    let pruned = app(handlers![hears_now]).provision(true).await.unwrap();
    assert!(pruned.to_string().ends_with("shop/business-facts/thing.*: removed\n"), "{pruned}");
    let left: Vec<_> = broker.durables().await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(left, ["other/business-facts/thing.happened", "shop/business-facts/thing.happened"]);
}
