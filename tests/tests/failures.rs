//! What becomes of handlers that fail, panic, time out, block, or get what they cannot read.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use soorma::{
    Clock,
    broker::{DeadLetterReason, memory::MemoryBroker},
    handlers,
    prelude::*,
    store::memory::MemoryStore,
    testing::{TestApp, TestBed},
};
use soorma_tests::{
    Attempt, Happened, Log, Noted,
    brokers::{Fault, Faulty},
    stores::Severable,
};

type Attempts = Log<(u32, u32, Instant)>;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Starts an app with these handlers, a log of attempts and the clock as state.
macro_rules! app {
    ($($handler:ident),*) => {{
        let bed = soorma::testing::TestBed::new();
        let log = Arc::new(Attempts::default());
        let app = App::builder("tester")
            .handlers(handlers![$($handler),*])
            .state(log.clone())
            .state(bed.clock().clone());
        (bed.start(app).await.unwrap(), log)
    }};
}

#[on_event(retry(max = 3, backoff = "1s..10s"))]
async fn fails_until_the_third(
    thing: Event<Happened>,
    attempt: Attempt,
    log: State<Arc<Attempts>>,
    clock: State<Clock>,
) -> anyhow::Result<Noted> {
    log.add((thing.number, attempt.0, clock.now()));
    anyhow::ensure!(attempt.0 == 3, "attempt {} is too early", attempt.0);
    Ok(Noted { number: thing.number, note: "at last".into() })
}

#[tokio::test]
async fn an_error_is_tried_again_after_the_backoff_and_attempts_count_from_one() {
    let (app, log) = app!(fails_until_the_third);
    app.publish(Happened::number(7)).await.unwrap();
    app.settle().await.unwrap();
    let entries = log.entries();
    assert_eq!(
        entries.iter().map(|(number, attempt, _)| (*number, *attempt)).collect::<Vec<_>>(),
        [(7, 1), (7, 2), (7, 3)]
    );
    for (i, declared) in [(1, seconds(1)), (2, seconds(2))] {
        let gap = entries[i].2 - entries[i - 1].2;
        assert!(gap >= declared && gap <= declared * 6 / 5, "gap {i} was {gap:?}");
    }
    assert_eq!(app.published::<Noted>().len(), 1);
    assert!(app.dead_letters().await.unwrap().is_empty());
}

#[on_event(retry(max = 3, backoff = "1s..10s"))]
async fn always_fails(
    thing: Event<Happened>,
    attempt: Attempt,
    log: State<Arc<Attempts>>,
    clock: State<Clock>,
) -> anyhow::Result<()> {
    log.add((thing.number, attempt.0, clock.now()));
    Err(anyhow::anyhow!("the disk is full").context(format!("attempt {} failed", attempt.0)))
}

#[tokio::test]
async fn after_the_last_attempt_it_is_in_the_dead_letters_once_with_everything_that_helps() {
    let (app, log) = app!(always_fails);
    app.publish(Happened::number(1)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(log.entries().len(), 3, "not one attempt more, not one less");
    let letters = app.dead_letters().await.unwrap();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!(letter.reason, DeadLetterReason::AttemptsExhausted);
    assert_eq!(letter.first_errors, ["attempt 1 failed", "the disk is full"]);
    assert_eq!(letter.errors, ["attempt 3 failed", "the disk is full"]);
    assert_eq!(letter.attempts, 3);
    assert!(letter.handler.ends_with("failures::always_fails"), "{}", letter.handler);
    assert_eq!(letter.subscription.agent, "tester");
    assert!(letter.first_failure < letter.last_failure);
    assert_eq!(letter.body.event().unwrap().data.get(), r#"{"number":1,"key":"1"}"#);

    // Given another chance, its attempts count from one again.
    assert!(app.broker().dead_letters().replay(&letter.id()).await.unwrap());
    app.settle().await.unwrap();
    assert_eq!(log.entries()[3].1, 1);
    assert_eq!(app.dead_letters().await.unwrap().len(), 1);
}

#[on_event]
async fn rejects(
    thing: Event<Happened>,
    attempt: Attempt,
    log: State<Arc<Attempts>>,
    clock: State<Clock>,
) -> anyhow::Result<()> {
    log.add((thing.number, attempt.0, clock.now()));
    Err(anyhow::Error::new(Reject::new("never")).context("while looking at it"))
}

#[tokio::test]
async fn a_rejection_anywhere_in_the_chain_ends_all_attempts() {
    let (app, log) = app!(rejects);
    app.publish(Happened::number(1)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(log.entries().len(), 1);
    let letter = &app.dead_letters().await.unwrap()[0];
    assert_eq!((letter.reason, letter.attempts), (DeadLetterReason::Rejected, 1));
    assert_eq!(letter.errors, ["while looking at it", "never"]);
}

#[on_event]
async fn notes(thing: Event<Happened>) -> Noted {
    Noted { number: thing.number, note: String::new() }
}

#[tokio::test]
async fn data_of_another_shape_is_a_dead_letter_with_the_place_and_the_next_event_is_handled() {
    let (app, _) = app!(notes);
    let bad = serde_json::json!({"number": "seven", "key": "k"});
    app.bus().event(BusinessFacts, "thing.happened").data(bad).publish().await.unwrap();
    app.publish(Happened::number(8)).await.unwrap();
    app.settle().await.unwrap();
    let letter = &app.dead_letters().await.unwrap()[0];
    assert_eq!((letter.reason, letter.attempts), (DeadLetterReason::Undecodable, 1));
    let error = &letter.errors[0];
    assert!(
        error.contains("`thing.happened` is no `Happened`: at `number`: invalid type: string"),
        "{error}"
    );
    assert_eq!(app.published::<Noted>().len(), 1);
}

#[on_event(retry(max = 2, backoff = "1s..1s"))]
async fn panics_once(thing: Event<Happened>, attempt: Attempt) -> Noted {
    assert!(attempt.0 > 1, "the first attempt is not good enough");
    Noted { number: thing.number, note: "survived".into() }
}

#[on_event(retry(max = 1), name = "always")]
async fn panics_always(_thing: Event<Happened>) {
    tokio::task::yield_now().await;
    panic!("no");
}

#[tokio::test]
async fn a_panic_counts_as_an_error_and_the_process_lives() {
    let (app, _) = app!(panics_once, panics_always);
    app.publish(Happened::number(1)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(app.published::<Noted>()[0].note, "survived");
    let letters = app.dead_letters().await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].errors, ["the handler failed: it panicked: no"]);
}

#[on_event(timeout = "30s", retry(max = 1))]
async fn never_ends(_thing: Event<Happened>) {
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_handler_past_its_timeout_has_failed() {
    let (app, _) = app!(never_ends);
    app.publish(Happened::number(1)).await.unwrap();
    tokio::task::yield_now().await;
    app.advance(seconds(29)).await;
    assert!(app.dead_letters().await.unwrap().is_empty());
    app.advance(seconds(1)).await;
    app.settle().await.unwrap();
    let letters = app.dead_letters().await.unwrap();
    assert_eq!(letters[0].errors, ["the handler failed: it ran longer than its timeout of 30s"]);
}

#[on_event(retry(max = 5, backoff = "1h..1h"))]
async fn fails_on_odd(
    thing: Event<Happened>,
    log: State<Arc<Attempts>>,
    clock: State<Clock>,
) -> anyhow::Result<Noted> {
    log.add((thing.number, 0, clock.now()));
    anyhow::ensure!(thing.number.is_multiple_of(2), "odd");
    Ok(Noted { number: thing.number, note: String::new() })
}

#[tokio::test]
async fn events_in_backoff_hold_up_nobody() {
    let (app, _) = app!(fails_on_odd);
    let start = app.clock().now();
    for number in 0..2_500 {
        app.publish(Happened::number(number * 2 + 1)).await.unwrap();
    }
    app.publish(Happened::number(2)).await.unwrap();
    // Without moving the clock: the healthy one is handled, and all others wait.
    while app.published::<Noted>().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(app.clock().now(), start);
    assert_eq!(app.published::<Noted>()[0].number, 2);
}

#[on_event(retry(max = 3, backoff = "1s..1s"))]
async fn publishes_and_fails(thing: Event<Happened>, attempt: Attempt, bus: Bus) -> anyhow::Result<()> {
    for note in ["same", "same", &format!("attempt {}", attempt.0)] {
        bus.announce(Noted { number: thing.number, note: note.to_owned() }).await?;
    }
    anyhow::ensure!(attempt.0 == 3, "not yet");
    Ok(())
}

#[tokio::test]
async fn what_a_failed_attempt_published_is_not_published_again_and_nothing_is_lost() {
    let (app, _) = app!(publishes_and_fails);
    app.publish(Happened::number(1)).await.unwrap();
    app.settle().await.unwrap();
    let mut notes: Vec<_> = app.published::<Noted>().into_iter().map(|noted| noted.note).collect();
    notes.sort();
    assert_eq!(notes, ["attempt 1", "attempt 2", "attempt 3", "same", "same"]);
}

#[tokio::test]
async fn outputs_that_are_not_stored_are_a_failed_attempt_and_the_event_is_not_acknowledged() {
    let clock = Clock::simulated();
    let broker =
        Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), Fault::RefusePublish("thing.noted", 2));
    let app = TestBed::on(Arc::new(broker), clock)
        .start(App::builder("tester").handlers(handlers![notes]))
        .await
        .unwrap();
    app.publish(Happened::number(1)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(app.published::<Noted>().len(), 1);
    assert!(app.dead_letters().await.unwrap().is_empty());
}

#[on_event(concurrency = 8)]
async fn notes_attempts(
    thing: Event<Happened>,
    attempt: Attempt,
    log: State<Arc<Attempts>>,
    clock: State<Clock>,
) -> Noted {
    log.add((thing.number, attempt.0, clock.now()));
    Noted { number: thing.number, note: String::new() }
}

/// What `notes_attempts` was called for, and an app whose broker has this fault.
async fn noting(fault: Fault) -> (TestApp, Arc<Attempts>) {
    let clock = Clock::simulated();
    let broker = Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), fault);
    let log = Arc::new(Attempts::default());
    let app =
        App::builder("tester").handlers(handlers![notes_attempts]).state(log.clone()).state(clock.clone());
    (TestBed::on(Arc::new(broker), clock).start(app).await.unwrap(), log)
}

fn calls(log: &Attempts) -> Vec<(u32, u32)> {
    log.entries().iter().map(|(number, attempt, _)| (*number, *attempt)).collect()
}

#[tokio::test]
async fn an_output_that_is_not_stored_costs_nothing_of_what_is_published_with_it() {
    let (app, log) = noting(Fault::RefuseEvent("thing.noted")).await;
    for number in 1..=3 {
        app.publish(Happened::number(number)).await.unwrap();
    }
    app.settle().await.unwrap();
    assert_eq!(calls(&log), [(1, 1), (2, 1), (3, 1), (3, 2)]);
    assert_eq!(app.published::<Noted>().len(), 3);
    assert!(app.dead_letters().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_next_handler_runs_while_an_output_is_stored_as_long_as_there_are_places() {
    let (app, log) = noting(Fault::NeverStores("thing.noted")).await;
    for number in 1..=20 {
        app.publish(Happened::number(number)).await.unwrap();
    }
    app.advance(seconds(100)).await;
    let first_calls: Vec<_> = (1..=16).map(|number| (number, 1)).collect();
    assert_eq!(calls(&log), first_calls, "eight at once, and as many that wait: sixteen places");
    assert_eq!(app.backlog().await.unwrap().in_flight, 16, "nothing is acknowledged before");
}

#[tokio::test]
async fn a_store_that_is_away_costs_no_event() {
    let clock = Clock::simulated();
    let store = Arc::new(Severable::new(Arc::new(MemoryStore::new(clock.clone()))));
    let log = Arc::new(Attempts::default());
    let bed = TestBed::with(Arc::new(MemoryBroker::new(clock.clone())), store.clone(), clock.clone());
    let app = App::builder("tester")
        .handlers(handlers![fails_until_the_third])
        .state(log.clone())
        .state(clock.clone());
    let app = bed.start(app).await.unwrap();
    store.set_away(true);
    app.publish(Happened::number(1)).await.unwrap();
    app.advance(seconds(600)).await;
    assert_eq!(log.entries().len(), 1, "its failure cannot be recorded, so it stays in hand");
    store.set_away(false);
    app.advance(seconds(1)).await;
    app.settle().await.unwrap();
    let attempts: Vec<_> = log.entries().iter().map(|entry| entry.1).collect();
    assert_eq!(attempts, [1, 2, 3]);
    assert!(app.dead_letters().await.unwrap().is_empty());
}

#[derive(Debug)]
struct Rude;

impl std::fmt::Display for Rude {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("even my name is a secret")
    }
}

impl std::error::Error for Rude {}

#[on_event(concurrency = 1, retry(max = 1))]
async fn fails_rudely(thing: Event<Happened>) -> anyhow::Result<Noted> {
    if thing.number < 3 {
        return Err(Rude.into());
    }
    Ok(Noted { number: thing.number, note: String::new() })
}

#[tokio::test]
async fn an_error_that_panics_when_it_is_shown_costs_an_attempt_and_no_worker() {
    let (app, _) = app!(fails_rudely);
    for number in 0..10 {
        app.publish(Happened::number(number)).await.unwrap();
    }
    app.settle().await.unwrap();
    assert_eq!(app.published::<Noted>().len(), 7);
    let letters = app.dead_letters().await.unwrap();
    assert_eq!(letters.len(), 3);
    assert_eq!(letters[0].errors, ["the handler failed: it panicked: even my name is a secret"]);
}

#[on_event(retry(max = 2, backoff = "1s..1s"))]
async fn notifies_everybody(thing: Event<Happened>, attempt: Attempt, bus: Bus) -> anyhow::Result<()> {
    // The second attempt does not tell again whom the first one told.
    for user in [1, 2].into_iter().filter(|user| *user >= attempt.0) {
        let text = serde_json::json!({"text": "hello", "number": thing.number});
        bus.event(NotificationEvents, "user.told").subject(user.to_string()).data(text).publish().await?;
        anyhow::ensure!(attempt.0 == 2, "told one, and lost the line");
    }
    Ok(())
}

#[tokio::test]
async fn events_that_differ_in_their_subject_only_are_different_events() {
    let (app, _) = app!(notifies_everybody);
    app.publish(Happened::number(1)).await.unwrap();
    app.settle().await.unwrap();
    let events = app.events();
    let told: Vec<_> = events.iter().filter_map(|event| event.subject.as_deref()).collect();
    assert_eq!(told, ["1", "2"]);
}

#[on_event(retry(max = 3, backoff = "192h..192h"))]
async fn fails_for_weeks(
    _thing: Event<Happened>,
    attempt: Attempt,
    log: State<Arc<Attempts>>,
    clock: State<Clock>,
) -> anyhow::Result<()> {
    log.add((0, attempt.0, clock.now()));
    anyhow::bail!("not this week")
}

#[tokio::test]
async fn attempts_are_counted_over_pauses_of_weeks() {
    let bed = TestBed::new();
    let log = Arc::new(Attempts::default());
    let app = App::builder("tester")
        .handlers(handlers![fails_for_weeks])
        .state(log.clone())
        .state(bed.clock().clone())
        // A sign of life a day is enough here.
        .lease(Duration::from_secs(3 * 24 * 3600));
    let app = bed.start(app).await.unwrap();
    app.publish(Happened::number(1)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(log.entries().iter().map(|entry| entry.1).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(app.dead_letters().await.unwrap()[0].reason, DeadLetterReason::AttemptsExhausted);
}

#[on_event(concurrency = 1)]
async fn notes_one_by_one(thing: Event<Happened>) -> Noted {
    Noted { number: thing.number, note: String::new() }
}

#[tokio::test]
async fn a_broker_that_panics_costs_no_worker_and_holds_up_nothing_that_waits_in_hand() {
    let clock = Clock::simulated();
    let broker = Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), Fault::PanicOnAck);
    let bed = TestBed::on(Arc::new(broker), clock);
    let app = bed.start(App::builder("tester").handlers(handlers![notes_one_by_one])).await.unwrap();
    app.publish(Happened::number(1)).await.unwrap();
    app.publish(Happened::number(2)).await.unwrap();
    app.advance(seconds(0)).await;
    assert_eq!(app.published::<Noted>().len(), 2);
    // The first one comes again when its lease ends, and its output is recognised.
    app.advance(seconds(30)).await;
    app.settle().await.unwrap();
    assert_eq!(app.published::<Noted>().len(), 2);
}

#[tokio::test]
async fn the_next_handler_runs_while_an_acknowledgement_is_confirmed_as_long_as_there_are_places() {
    let clock = Clock::simulated();
    let broker = Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), Fault::NeverConfirms);
    let bed = TestBed::on(Arc::new(broker), clock);
    let app = bed.start(App::builder("tester").handlers(handlers![notes_one_by_one])).await.unwrap();
    for number in 1..=3 {
        app.publish(Happened::number(number)).await.unwrap();
    }
    // The leases of both are kept, long after they would have ended.
    app.advance(seconds(100)).await;
    let notes: Vec<u32> = app.published::<Noted>().into_iter().map(|noted| noted.number).collect();
    assert_eq!(notes, [1, 2], "one that runs, one that waits: two places");
}

/// What the first call waits for.
struct Gate(Mutex<Option<mpsc::Receiver<()>>>);

#[on_event]
async fn blocks_on_one(thing: Event<Happened>, gate: State<Gate>) -> Noted {
    if thing.number == 1 {
        let first = gate.0.lock().unwrap().take();
        first.expect("the event is handled once").recv().unwrap();
    }
    Noted { number: thing.number, note: String::new() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_handler_that_blocks_its_thread_keeps_its_event_and_holds_up_nobody() {
    let (open, gate) = mpsc::channel();
    let clock = Clock::system();
    let broker = Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), Fault::None);
    let extensions = broker.extensions();
    let app = App::builder("tester")
        .handlers(handlers![blocks_on_one])
        // Of the system's clock, which a handler that blocks cannot hold back: long enough for a machine that stalls.
        .lease(Duration::from_secs(3))
        .state(Gate(Mutex::new(Some(gate))));
    let app = TestBed::on(Arc::new(broker), clock).start(app).await.unwrap();
    for number in 1..=50 {
        app.publish(Happened::number(number)).await.unwrap();
    }
    let look_again = || tokio::time::sleep(Duration::from_millis(5));
    while app.published::<Noted>().len() < 49 {
        look_again().await;
    }
    // Longer than a lease: the keeper runs beside it, so nobody else gets the event.
    let before = extensions.load(Ordering::SeqCst);
    while extensions.load(Ordering::SeqCst) < before + 4 {
        look_again().await;
    }
    open.send(()).unwrap();
    app.settle().await.unwrap();
    let mut numbers: Vec<_> = app.published::<Noted>().iter().map(|noted| noted.number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
    assert!(app.dead_letters().await.unwrap().is_empty());
}

/// What the calls for each of the first events wait for.
struct Gates([Mutex<mpsc::Receiver<()>>; 2]);

#[on_event(concurrency = 1)]
async fn blocks_on_two(thing: Event<Happened>, gates: State<Gates>) {
    gates.0[thing.number as usize].lock().unwrap().recv().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_worker_has_handled_is_settled_while_its_next_handler_blocks() {
    let (first, one) = mpsc::channel();
    let (second, two) = mpsc::channel();
    let clock = Clock::system();
    let broker = Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), Fault::None);
    let extensions = broker.extensions();
    let app = App::builder("tester")
        .handlers(handlers![blocks_on_two])
        .lease(seconds(3))
        .state(Gates([Mutex::new(one), Mutex::new(two)]));
    let app = TestBed::on(Arc::new(broker), clock).start(app).await.unwrap();
    for number in 0..2 {
        app.publish(Happened::number(number)).await.unwrap();
    }
    let look_again = || tokio::time::sleep(Duration::from_millis(5));
    let settled_and_kept = async {
        while app.backlog().await.unwrap().in_flight < 2 {
            look_again().await;
        }
        first.send(()).unwrap();
        let before = extensions.load(Ordering::SeqCst);
        while app.backlog().await.unwrap().total() > 1 || extensions.load(Ordering::SeqCst) < before + 4 {
            look_again().await;
        }
    };
    tokio::time::timeout(seconds(60), settled_and_kept).await.expect("the dispatcher is not held up");
    second.send(()).unwrap();
    app.settle().await.unwrap();
}

#[on_event]
async fn blocks_for_a_while(_thing: Event<Happened>, calls: State<Arc<AtomicU32>>) {
    calls.fetch_add(1, Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(100));
}

#[tokio::test]
async fn handlers_that_block_the_only_thread_let_leases_be_kept_between_them() {
    let calls = Arc::new(AtomicU32::new(0));
    let clock = Clock::system();
    let broker = Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), Fault::None);
    let app =
        App::builder("tester").handlers(handlers![blocks_for_a_while]).lease(seconds(2)).state(calls.clone());
    let app = TestBed::on(Arc::new(broker), clock).start(app).await.unwrap();
    for number in 0..40 {
        app.publish(Happened::number(number)).await.unwrap();
    }
    app.settle().await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 40, "each of them once");
}

/// Feeds itself.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "echo.heard")]
struct Echo {
    n: u32,
}

#[on_event]
async fn echo(echo: Event<Echo>) -> Echo {
    Echo { n: echo.n + 1 }
}

#[on_event(event_type = "echo.heard", name = "by-bus")]
async fn echo_by_bus(echo: Event<Echo>, bus: Bus) {
    // Even one that does not look at the error ends.
    let _ = bus.publish(Echo { n: echo.n + 1 }).await;
}

#[tokio::test]
async fn an_event_that_feeds_itself_ends_as_too_deep() {
    for app in [handlers![echo], handlers![echo_by_bus]] {
        let app = TestApp::start(App::builder("tester").handlers(app).max_depth(20)).await.unwrap();
        app.publish(Echo { n: 0 }).await.unwrap();
        app.settle().await.unwrap();
        assert_eq!(app.published::<Echo>().len(), 21);
        let letters = app.dead_letters().await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!((letters[0].reason, letters[0].attempts), (DeadLetterReason::TooDeep, 1));
        assert_eq!(letters[0].body.event().unwrap().depth, 20);
    }
}
