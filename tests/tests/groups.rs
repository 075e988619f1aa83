//! Who hears what: groups, fan-out, broadcast, order, and what waits for whom.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    App, Identity,
    broker::{
        Broker,
        memory::{MemoryBroker, MemoryLimits},
    },
    handlers,
    prelude::*,
    testing::{TestApp, TestBed},
};
use soorma_tests::{Attempt, Happened, Log, Noted};

type Seen = Arc<Log<(String, u32)>>;

#[on_event(agent = "left")]
#[on_event(agent = "right")]
async fn both(thing: Event<Happened>, context: Context, seen: State<Seen>) {
    seen.add((context.agent().to_owned(), thing.number));
}

#[tokio::test]
async fn one_function_serves_two_agents_and_each_gets_every_event() {
    let seen = Seen::default();
    let app =
        TestApp::start(App::builder("main").handlers(handlers![both]).state(seen.clone())).await.unwrap();
    for number in 0..10 {
        app.publish(Happened::number(number)).await.unwrap();
    }
    app.settle().await.unwrap();
    let of = |agent: &str| seen.entries().iter().filter(|(name, _)| name == agent).count();
    assert_eq!((of("left"), of("right")), (10, 10));
}

#[tokio::test]
async fn agents_can_be_selected() {
    let seen = Seen::default();
    let app = App::builder("main").handlers(handlers![both]).agents(["left"]).state(seen.clone());
    let app = TestApp::start(app).await.unwrap();
    app.publish(Happened::number(1)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(seen.entries(), [("left".to_owned(), 1)]);
}

#[on_event]
async fn count(thing: Event<Happened>, seen: State<Seen>) {
    seen.add((String::new(), thing.number));
    tokio::task::yield_now().await;
}

#[tokio::test]
async fn instances_share_the_work_and_what_nobody_was_there_for_waits() {
    let bed = TestBed::new();
    let seen = Seen::default();
    let instance = || App::builder("counter").handlers(handlers![count]).state(seen.clone());
    let first = bed.start(instance()).await.unwrap();
    first.settle().await.unwrap();
    first.shutdown().await;
    // Nobody is there.
    let publisher = bed.start(App::builder("publisher").handlers(handlers![hello])).await.unwrap();
    for number in 0..1_000 {
        publisher.publish(Happened::number(number)).await.unwrap();
    }
    assert!(seen.entries().is_empty());
    let apps = [bed.start(instance()).await.unwrap(), bed.start(instance()).await.unwrap()];
    for app in &apps {
        app.settle().await.unwrap();
    }
    let mut numbers: Vec<_> = seen.entries().iter().map(|(_, number)| *number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..1_000).collect::<Vec<_>>());
}

#[on_startup]
async fn hello(context: Context) -> Noted {
    Noted { number: 0, note: format!("{} is here", context.agent()) }
}

#[on_event]
async fn hear_hello(noted: Event<Noted>, seen: State<Seen>) {
    seen.add((noted.note.clone(), 0));
}

#[tokio::test]
async fn what_a_startup_hook_returns_is_heard_by_handlers_of_the_same_process() {
    let seen = Seen::default();
    let app = App::builder("greeter").handlers(handlers![hear_hello, hello]).state(seen.clone());
    let app = TestApp::start(app).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(seen.entries(), [("greeter is here".to_owned(), 0)]);
}

#[on_event(broadcast)]
async fn every_instance(thing: Event<Happened>, seen: State<Seen>, context: Context) -> anyhow::Result<()> {
    seen.add((context.agent().to_owned(), thing.number));
    anyhow::ensure!(thing.number != 2, "broadcasts are not tried again");
    Ok(())
}

#[tokio::test]
async fn a_broadcast_reaches_every_instance_that_is_there_and_is_never_a_dead_letter() {
    let bed = TestBed::new();
    let seen = Seen::default();
    let instance = || App::builder("all").handlers(handlers![every_instance]).state(seen.clone());
    let one = bed.start(instance()).await.unwrap();
    let two = bed.start(instance()).await.unwrap();
    one.publish(Happened::number(1)).await.unwrap();
    one.publish(Happened::number(2)).await.unwrap();
    one.settle().await.unwrap();
    let late = bed.start(instance()).await.unwrap();
    late.publish(Happened::number(3)).await.unwrap();
    late.settle().await.unwrap();
    let of = |number| seen.entries().iter().filter(|(_, n)| *n == number).count();
    assert_eq!((of(1), of(2), of(3)), (2, 2, 3));
    assert!(two.dead_letters().await.unwrap().is_empty());
}

#[on_event(ordered, retry(max = 3, backoff = "1s..1s"))]
async fn in_order(thing: Event<Happened>, attempt: Attempt, seen: State<Seen>) -> anyhow::Result<()> {
    for _ in 0..thing.number % 3 {
        tokio::task::yield_now().await;
    }
    anyhow::ensure!(thing.number % 50 != 7 || attempt.0 > 2, "not yet");
    seen.add((thing.key.clone(), thing.number));
    Ok(())
}

#[tokio::test]
async fn events_of_one_key_are_handled_in_stored_order_across_instances_and_redeliveries() {
    let bed = TestBed::new();
    let seen = Seen::default();
    let instance = || App::builder("orderly").handlers(handlers![in_order]).state(seen.clone());
    let one = bed.start(instance()).await.unwrap();
    let two = bed.start(instance()).await.unwrap();
    for number in 0..400 {
        one.publish(Happened { number, key: format!("key {}", number % 5) }).await.unwrap();
    }
    one.settle().await.unwrap();
    two.settle().await.unwrap();
    let entries = seen.entries();
    assert_eq!(entries.len(), 400);
    for key in 0..5 {
        let of_key: Vec<_> =
            entries.iter().filter(|(k, _)| *k == format!("key {key}")).map(|(_, n)| *n).collect();
        assert!(of_key.is_sorted(), "key {key}: {of_key:?}");
    }
}

/// Goes round between two agents.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "ball.served")]
struct Ping {
    left: u32,
}

/// The other way.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "ball.returned")]
struct Pong {
    left: u32,
}

#[on_event(agent = "ping", concurrency = 8)]
async fn serve(ball: Event<Pong>, bus: Bus, done: State<Arc<AtomicU32>>) -> anyhow::Result<()> {
    done.fetch_add(1, Ordering::SeqCst);
    if ball.left > 0 {
        bus.publish(Ping { left: ball.left - 1 }).await?;
    }
    Ok(())
}

#[on_event(agent = "pong", concurrency = 8)]
async fn give_back(ball: Event<Ping>, done: State<Arc<AtomicU32>>) -> Option<Pong> {
    done.fetch_add(1, Ordering::SeqCst);
    (ball.left > 0).then(|| Pong { left: ball.left - 1 })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cycle_of_agents_with_small_queues_does_not_lock_itself_up() {
    let clock = soorma::Clock::simulated();
    let limits = MemoryLimits { capacity: 16, ..MemoryLimits::default() };
    let bed = TestBed::on(Arc::new(MemoryBroker::with_limits(clock.clone(), limits)), clock);
    let done = Arc::new(AtomicU32::new(0));
    let app = App::builder("main").handlers(handlers![serve, give_back]).state(done.clone());
    let app = bed.start(app).await.unwrap();
    for _ in 0..100 {
        app.publish(Ping { left: 99 }).await.unwrap();
    }
    app.settle().await.unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 10_000);
    assert!(app.dead_letters().await.unwrap().is_empty());
}

#[on_event(concurrency = 1)]
async fn fans_out(thing: Event<Happened>, bus: Bus) -> anyhow::Result<Vec<Noted>> {
    let noted = |n: u32| Noted { number: thing.number, note: n.to_string() };
    for n in 0..20 {
        bus.publish(noted(n)).await?;
    }
    Ok((20..40).map(noted).collect())
}

#[on_event(event_type = "thing.noted")]
async fn never_takes(_noted: Event<Noted>) {
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn what_a_handler_publishes_is_admitted_however_full_its_hearers_are() {
    let clock = soorma::Clock::simulated();
    let limits = MemoryLimits { capacity: 4, ..MemoryLimits::default() };
    let bed = TestBed::on(Arc::new(MemoryBroker::with_limits(clock.clone(), limits)), clock);
    let app = bed.start(App::builder("a").handlers(handlers![fans_out, never_takes])).await.unwrap();
    app.publish(Happened::number(1)).await.unwrap();
    app.advance(Duration::from_secs(1)).await;
    assert_eq!(app.published::<Noted>().len(), 40);
}

#[tokio::test]
async fn an_outside_publisher_waits_for_room_and_then_is_told() {
    let clock = soorma::Clock::simulated();
    let limits = MemoryLimits { capacity: 4, ..MemoryLimits::default() };
    let broker: Arc<dyn Broker> = Arc::new(MemoryBroker::with_limits(clock.clone(), limits));
    let bed = TestBed::on(broker, clock);
    let app = App::builder("stuck").handlers(handlers![stuck]).publish_timeout(Duration::from_secs(2));
    let app = Arc::new(bed.start(app).await.unwrap());
    for number in 0..4 {
        app.publish(Happened::number(number)).await.unwrap();
    }
    let fifth = tokio::spawn({
        let app = app.clone();
        async move { app.publish(Happened::number(5)).await }
    });
    tokio::task::yield_now().await;
    assert!(!fifth.is_finished());
    app.advance(Duration::from_secs(2)).await;
    let error = anyhow::Error::new(fifth.await.unwrap().unwrap_err());
    assert_eq!(
        format!("{error:#}"),
        "`thing.happened` was not published: topic `business-facts` is full: no room came free within 2s"
    );
}

#[on_event]
async fn stuck(_thing: Event<Happened>) {
    std::future::pending::<()>().await;
}

#[on_event]
async fn remember(thing: Event<Happened>, memory: Memory) -> anyhow::Result<()> {
    memory.store(&thing.key, &thing.number).await?;
    Ok(())
}

#[on_event(event_type = "thing.noted")]
async fn recall(noted: Event<Noted>, memory: Memory, seen: State<Seen>) -> anyhow::Result<()> {
    let found: Option<u32> = memory.retrieve(&noted.note).await?;
    seen.add((memory.keys().await?.join(","), found.unwrap_or(0)));
    Ok(())
}

#[tokio::test]
async fn an_agent_remembers_apart_for_each_tenant() {
    let seen = Seen::default();
    let app = App::builder("rememberer").handlers(handlers![remember, recall]).state(seen.clone());
    let app = TestApp::start(app).await.unwrap();
    let tenant = |name: &str| {
        app.bus().on_behalf_of(Identity { tenant_id: Some(name.to_owned()), ..Identity::default() })
    };
    tenant("a").publish(Happened { number: 7, key: "k".into() }).await.unwrap();
    app.settle().await.unwrap();
    for bus in [tenant("a"), tenant("b"), app.bus()] {
        bus.publish(Noted { number: 0, note: "k".into() }).await.unwrap();
        app.settle().await.unwrap();
    }
    assert_eq!(seen.entries(), [("k".to_owned(), 7), (String::new(), 0), (String::new(), 0)]);
}

#[tokio::test]
async fn a_delayed_event_waits_for_its_time_and_settle_does_not() {
    let seen = Seen::default();
    let app = App::builder("a").handlers(handlers![count]).state(seen.clone());
    let numbers = || seen.entries().iter().map(|(_, number)| *number).collect::<Vec<_>>();
    let app = TestApp::start(app).await.unwrap();
    app.bus().publish_after(Duration::from_secs(3_600), Happened::number(1)).await.unwrap();
    app.bus()
        .event(BusinessFacts, "thing.happened")
        .data(Happened::number(2))
        .publish_after(Duration::from_secs(60))
        .await
        .unwrap();
    app.publish(Happened::number(3)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(numbers(), [3]);
    app.advance(Duration::from_secs(60)).await;
    app.settle().await.unwrap();
    assert_eq!(numbers(), [3, 2]);
    app.advance(Duration::from_secs(3_540)).await;
    app.settle().await.unwrap();
    assert_eq!(numbers(), [3, 2, 1]);
}
