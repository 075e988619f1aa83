//! `outputs = "recorded"`: a second run publishes what the first one returned, and does not call the handler.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    Identity,
    broker::memory::MemoryBroker,
    handlers,
    prelude::*,
    store::Key,
    testing::{TestApp, TestBed},
};
use soorma_tests::{
    Add, Happened, Noted, Sum,
    brokers::{Fault, Faulty},
};

type Calls = State<Arc<AtomicU32>>;

/// Returns something else each time.
#[on_event(outputs = "recorded", retry(max = 5, backoff = "1s..1s"))]
async fn guess(thing: Event<Happened>, calls: Calls) -> Vec<Noted> {
    let call = calls.fetch_add(1, Ordering::SeqCst);
    let note = |n: u32| Noted { number: thing.number, note: format!("call {call}, {n}") };
    (0..thing.number).map(note).collect()
}

#[on_event(name = "plain", retry(max = 5, backoff = "1s..1s"))]
async fn guess_again(thing: Event<Happened>, calls: Calls) -> Vec<Noted> {
    guess(thing, calls).await
}

async fn run(fault: Fault, handlers: soorma::Handlers, numbers: &[u32]) -> (TestApp, u32) {
    let clock = soorma::Clock::simulated();
    let broker = Arc::new(Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), fault));
    let calls = Arc::<AtomicU32>::default();
    let app = App::builder("guesser").handlers(handlers).state(calls.clone());
    let app = TestBed::on(broker, clock).start(app).await.unwrap();
    for number in numbers {
        app.publish(Happened::number(*number)).await.unwrap();
    }
    if fault == Fault::LoseAcks(1) {
        // Until the lease of what was not acknowledged is over.
        app.advance(Duration::from_secs(31)).await;
    }
    app.settle().await.unwrap();
    (app, calls.load(Ordering::SeqCst))
}

async fn kept(app: &TestApp) -> Vec<Key> {
    app.store().list(&Key::from(["outputs"])).await.unwrap()
}

#[tokio::test]
async fn an_output_that_was_not_stored_is_published_from_the_record() {
    let fault = Fault::RefusePublish("thing.noted", 1);
    let (app, calls) = run(fault, handlers![guess], &[3]).await;
    let notes: Vec<_> = app.published::<Noted>().into_iter().map(|noted| noted.note).collect();
    assert_eq!(calls, 1);
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes.iter().all(|note| note.starts_with("call 0")), "{notes:?}");
    assert_eq!(kept(&app).await, [], "gone once the event is acknowledged");

    // Without it, another run returns something else.
    let (app, calls) = run(fault, handlers![guess_again], &[3]).await;
    assert_eq!(calls, 2);
    assert!(app.published::<Noted>().iter().any(|noted| noted.note.starts_with("call 1")));
    assert_eq!(kept(&app).await, []);
}

#[tokio::test]
async fn an_event_that_comes_again_after_its_outputs_were_published_is_not_handled_again() {
    // One that returned nothing, too: it might return something the next time.
    for number in [0, 2] {
        let (app, calls) = run(Fault::LoseAcks(1), handlers![guess], &[number]).await;
        assert_eq!((calls, app.published::<Noted>().len()), (1, number as usize));
        assert_eq!(kept(&app).await, []);
    }
}

#[on_task(outputs = "recorded", retry(max = 2, backoff = "1s..1s"))]
async fn add(task: Task<Add>, calls: Calls) -> (Sum, Vec<Noted>) {
    let call = calls.fetch_add(1, Ordering::SeqCst);
    (Sum { sum: task.a + i64::from(call) }, vec![Noted { number: call, note: String::new() }])
}

#[tokio::test]
async fn the_answer_of_a_task_and_what_is_said_of_it_are_recorded_as_well() {
    let (app, _) = run(Fault::RefusePublish("sum.done", 1), handlers![add], &[]).await;
    let bus = app.bus().on_behalf_of(Identity { plan_id: Some("plan-1".into()), ..Identity::default() });
    let asked = tokio::spawn(bus.ask(Add { a: 5, b: 0 }).into_future());
    tokio::task::yield_now().await;
    app.settle().await.unwrap();
    assert_eq!(asked.await.unwrap().unwrap(), Sum { sum: 5 });
    assert_eq!(app.published::<Noted>().len(), 1);
    assert_eq!(app.events().iter().filter(|event| event.event_type == "task.completed").count(), 1);
    assert_eq!(kept(&app).await, []);
}

#[tokio::test]
async fn a_replay_publishes_the_record() {
    let (app, calls) = run(Fault::RefusePublish("thing.noted", 9), handlers![guess], &[1]).await;
    assert_eq!((calls, app.published::<Noted>().len()), (1, 0));
    let letter = app.dead_letters().await.unwrap().remove(0);
    for _ in 0..2 {
        // What is left of the fault ends with the first replay.
        app.broker().dead_letters().replay(&letter.id()).await.unwrap();
        app.settle().await.unwrap();
    }
    assert_eq!(app.published::<Noted>()[0].note, "call 0, 0");
    assert_eq!(kept(&app).await, []);
}

#[tokio::test]
async fn the_record_of_a_dead_letter_that_nobody_replays_ends() {
    let (app, _) = run(Fault::RefusePublish("thing.noted", 9), handlers![guess], &[1]).await;
    assert_eq!((app.dead_letters().await.unwrap().len(), kept(&app).await.len()), (1, 1));
    let (bed, clock) = (app.bed(), app.clock().clone());
    app.shutdown().await;
    clock.advance(Duration::from_secs(7 * 86_400 + 2)).await;
    let app = App::builder("guesser").handlers(handlers![guess]).state(Arc::<AtomicU32>::default());
    let app = bed.start(app).await.unwrap();
    assert_eq!(kept(&app).await, []);
}

#[on_task(outputs = "recorded", retry(max = 2, backoff = "1s..1s"))]
async fn stepped(task: Task<Add>, calls: Calls) -> anyhow::Result<Sum> {
    let step = task.step("guess", |_key| async move { anyhow::Ok(calls.fetch_add(1, Ordering::SeqCst)) });
    let call = step.await?;
    Ok(Sum { sum: task.a + i64::from(call) })
}

#[tokio::test]
async fn the_journal_of_a_task_goes_with_the_run_that_publishes_the_record() {
    for refused in [1, 2] {
        let (app, _) = run(Fault::RefusePublish("sum.done", refused), handlers![stepped], &[]).await;
        app.bus().request(Add { a: 5, b: 0 }).await.unwrap();
        app.settle().await.unwrap();
        for letter in app.dead_letters().await.unwrap() {
            app.broker().dead_letters().replay(&letter.id()).await.unwrap();
            app.settle().await.unwrap();
        }
        assert_eq!(app.published::<Sum>(), [Sum { sum: 5 }], "the first call counts");
        assert_eq!(kept(&app).await, []);
        assert_eq!(app.store().list(&Key::from(["tasks"])).await.unwrap(), []);
    }
}
