//! Who has an event in hand: leases, lost processes, lost acknowledgements.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use soorma::{
    App, Clock,
    broker::{Broker, DeadLetterReason, memory::MemoryBroker},
    handlers,
    prelude::*,
    testing::{TestApp, TestBed},
};
use soorma_tests::{
    Attempt, Happened, Log, Noted,
    brokers::{Fault, Faulty},
};

#[on_event(timeout = "1h")]
async fn sleeps_long(thing: Event<Happened>, clock: State<Clock>, log: State<Arc<Log<u32>>>) -> Noted {
    log.add(thing.number);
    clock.sleep(Duration::from_secs(95)).await;
    Noted { number: thing.number, note: String::new() }
}

#[tokio::test]
async fn a_handler_that_runs_three_leases_long_keeps_its_event() {
    let bed = TestBed::new();
    let log = Arc::new(Log::<u32>::default());
    let app =
        App::builder("tester").handlers(handlers![sleeps_long]).state(bed.clock().clone()).state(log.clone());
    let app = bed.start(app).await.unwrap();
    app.publish(Happened::number(1)).await.unwrap();
    tokio::task::yield_now().await;
    app.advance(Duration::from_secs(95)).await;
    app.settle().await.unwrap();
    assert_eq!(log.entries(), [1]);
    assert_eq!(app.published::<Noted>().len(), 1);
}

#[on_event(timeout = "1h", concurrency = 1)]
async fn one_by_one(thing: Event<Happened>, clock: State<Clock>, log: State<Arc<Log<(u32, Instant)>>>) {
    log.add((thing.number, clock.now()));
    clock.sleep(Duration::from_secs(40)).await;
}

/// Takes two events in hand, one after the other, and tells which began when, in seconds, after `others` have joined.
async fn one_after_the_other(fault: Fault, others: usize) -> Vec<(u32, u64)> {
    let clock = Clock::simulated();
    let start = clock.now();
    let broker = Arc::new(Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), fault));
    let bed = TestBed::on(broker, clock.clone());
    let log = Arc::new(Log::<(u32, Instant)>::default());
    let instance =
        || App::builder("tester").handlers(handlers![one_by_one]).state(clock.clone()).state(log.clone());
    let mut apps = vec![bed.start(instance()).await.unwrap()];
    apps[0].publish(Happened::number(1)).await.unwrap();
    apps[0].publish(Happened::number(2)).await.unwrap();
    clock.advance(Duration::ZERO).await;
    for _ in 0..others {
        apps.push(bed.start(instance()).await.unwrap());
    }
    clock.advance(Duration::from_secs(45)).await;
    log.entries().into_iter().map(|(number, at)| (number, (at - start).as_secs())).collect()
}

#[tokio::test]
async fn an_event_that_waits_in_hand_keeps_its_lease() {
    assert_eq!(one_after_the_other(Fault::None, 1).await, [(1, 0), (2, 40)]);
}

#[tokio::test]
async fn an_event_whose_lease_was_lost_while_it_waited_in_hand_is_not_begun() {
    // Both leases end at 30 s. At 40 s the second is passed over, and the first comes again.
    assert_eq!(one_after_the_other(Fault::RefuseExtensions, 0).await, [(1, 0), (1, 40)]);
}

#[tokio::test]
async fn who_outlives_its_lease_neither_publishes_nor_settles() {
    let clock = Clock::simulated();
    let good: Arc<dyn Broker> = Arc::new(MemoryBroker::new(clock.clone()));
    let bad = Arc::new(Faulty::new(good.clone(), Fault::RefuseExtensions));
    let log = Arc::new(Log::<u32>::default());
    let instance = || {
        App::builder("tester")
            .handlers(handlers![sleeps_long])
            .grace(Duration::from_secs(3_600))
            .state(clock.clone())
            .state(log.clone())
    };
    let slow = TestBed::on(bad, clock.clone()).start(instance()).await.unwrap();
    slow.publish(Happened::number(1)).await.unwrap();
    clock.advance(Duration::ZERO).await;
    assert_eq!(log.entries(), [1]);
    // It takes nothing more, and finishes what it has.
    let slow = tokio::spawn(slow.shutdown());
    tokio::task::yield_now().await;
    let other = TestBed::on(good.clone(), clock.clone()).start(instance()).await.unwrap();
    // The lease ends at 30 s, and the other one gets the event; the slow one's handler ends at 95 s.
    clock.advance(Duration::from_secs(100)).await;
    assert_eq!(log.entries(), [1, 1]);
    assert_eq!(slow.await.unwrap().abandoned, 0);
    assert_eq!(stored(&*good).await, 0, "what the slow one made is not published");
    // The other one's ends at 125 s, and settles.
    clock.advance(Duration::from_secs(100)).await;
    assert_eq!(stored(&*good).await, 1);
    assert_eq!(other.backlog().await.unwrap().total(), 0);
}

/// How many facts of the type `thing.noted` the broker holds.
async fn stored(broker: &dyn Broker) -> usize {
    use soorma::broker::{Drifted, Hears, Kind, Start, SubscriptionId, SubscriptionSpec};
    let spec = SubscriptionSpec {
        id: SubscriptionId {
            agent: "reader".into(),
            topic: BusinessFacts,
            pattern: "thing.noted".into(),
            name: String::new(),
        },
        patterns: vec!["thing.noted".parse().unwrap()],
        hears: Hears::Everyone,
        kind: Kind::Group { start: Start::Beginning, ordered: false, was: None },
        lease: Duration::from_secs(30),
    };
    broker.provision(std::slice::from_ref(&spec), Drifted::Keep).await.unwrap();
    usize::try_from(broker.backlog(&[spec.id]).await.unwrap().waiting).unwrap()
}

#[on_event]
async fn hangs(_thing: Event<Happened>, started: State<Arc<AtomicU32>>) {
    started.fetch_add(1, Ordering::SeqCst);
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn an_event_that_kills_its_process_every_time_is_given_up_and_the_others_are_handled() {
    let bed = TestBed::new();
    let started = Arc::new(AtomicU32::new(0));
    let start = || {
        let app = App::builder("tester").handlers(handlers![hangs]).state(started.clone());
        let bed = bed.clone();
        async move { bed.start(app).await.unwrap() }
    };
    let app = start().await;
    app.publish(Happened::number(1)).await.unwrap();
    let mut app = Some(app);
    for death in 1..=20 {
        while started.load(Ordering::SeqCst) < death {
            tokio::task::yield_now().await;
        }
        if let Some(app) = app.take() {
            app.kill();
        }
        bed.clock().advance(Duration::from_secs(30)).await;
        app = Some(start().await);
    }
    let app = app.unwrap();
    app.settle().await.unwrap();
    assert_eq!(started.load(Ordering::SeqCst), 20, "after twenty losses it is not tried again");
    let letters = app.dead_letters().await.unwrap();
    assert_eq!((letters[0].reason, letters[0].attempts), (DeadLetterReason::ProcessLost, 0));
}

#[on_event]
async fn notes_the_attempt(
    thing: Event<Happened>,
    attempt: Attempt,
    runs: State<Arc<AtomicU32>>,
) -> (Noted, Vec<Noted>) {
    let run = runs.fetch_add(1, Ordering::SeqCst);
    assert_eq!(attempt.0, 1, "a lost acknowledgement is no failed attempt");
    let note = |note: String| Noted { number: thing.number, note };
    // The second run says something else at the fixed place, and something more in the list.
    let list = if run == 0 { vec!["a", "a"] } else { vec!["b", "a", "a"] };
    (note(format!("run {run}")), list.into_iter().map(|text| note(text.into())).collect())
}

#[tokio::test]
async fn outputs_of_a_second_run_are_recognised_by_their_place_or_by_their_content() {
    let clock = Clock::simulated();
    let good: Arc<dyn Broker> = Arc::new(MemoryBroker::new(clock.clone()));
    let bed = TestBed::on(Arc::new(Faulty::new(good, Fault::LoseAcks(1))), clock);
    let runs = Arc::new(AtomicU32::new(0));
    let app = App::builder("tester").handlers(handlers![notes_the_attempt]).state(runs.clone());
    let app: TestApp = bed.start(app).await.unwrap();
    app.publish(Happened::number(1)).await.unwrap();
    while runs.load(Ordering::SeqCst) < 2 {
        app.advance(Duration::from_secs(10)).await;
        tokio::task::yield_now().await;
    }
    app.settle().await.unwrap();
    let mut notes: Vec<_> = app.published::<Noted>().into_iter().map(|noted| noted.note).collect();
    notes.sort();
    assert_eq!(notes, ["a", "a", "b", "run 0"]);
}
