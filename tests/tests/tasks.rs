//! Questions and answers: `ask`, `request`, `#[on_task]`, `#[on_result]`.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use soorma::{
    AskError, Client, TaskFailed,
    broker::memory::MemoryBroker,
    handlers,
    prelude::*,
    store::memory::MemoryStore,
    testing::{TestApp, TestBed},
};
use soorma_tests::{Add, Attempt, Happened, Log, Noted, Sum, stores::Severable};

#[on_task(retry(max = 2, backoff = "1s..1s"))]
async fn add(task: Task<Add>) -> anyhow::Result<Sum> {
    (task.a >= 0).then_some(()).context("no negative numbers").context("cannot add")?;
    Ok(Sum { sum: task.a + task.b })
}

async fn adder() -> TestApp {
    TestApp::start(App::builder("adder").handlers(handlers![add])).await.unwrap()
}

#[tokio::test]
async fn a_hundred_callers_get_their_own_answers() {
    let app = Arc::new(adder().await);
    let mut callers = Vec::new();
    for n in 0..100 {
        let app = app.clone();
        callers.push(tokio::spawn(async move { (n, app.ask(Add { a: n, b: n }).await.unwrap().sum) }));
    }
    for caller in callers {
        let (n, sum) = caller.await.unwrap();
        assert_eq!(sum, 2 * n);
    }
}

#[tokio::test]
async fn the_caller_names_the_event_it_wants_back() {
    let app = adder().await;
    let sum = app.bus().ask(Add { a: 1, b: 2 }).response_event("calc.result").await.unwrap();
    assert_eq!(sum.sum, 3);
    assert!(app.events().iter().any(|event| event.event_type == "calc.result"));

    let data = serde_json::json!({"a": 2, "b": 3});
    let answer = app
        .bus()
        .event(ActionRequests, "sum.requested")
        .data(data)
        .response_event("x.y")
        .ask()
        .await
        .unwrap();
    assert_eq!((&*answer.event_type, answer.data.get()), ("x.y", r#"{"sum":5}"#));
}

#[tokio::test]
async fn a_task_that_fails_for_good_answers_whoever_asked() {
    let app = Arc::new(adder().await);
    let asked = tokio::spawn({
        let app = app.clone();
        async move { app.ask(Add { a: -1, b: 0 }).await }
    });
    tokio::task::yield_now().await;
    app.settle().await.unwrap();
    match asked.await.unwrap() {
        Err(AskError::Failed(failed)) => {
            assert_eq!(
                (failed.code.as_str(), failed.attempts, failed.retryable),
                ("attempts-exhausted", 2, true)
            );
            assert_eq!(failed.reason, "cannot add: no negative numbers", "with its causes");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(app.dead_letters().await.unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_answering_is_an_error_at_the_deadline_and_a_late_worker_does_not_begin() {
    let bed = TestBed::new();
    let idle = bed.start(App::builder("idle").handlers(handlers![hear_all])).await.unwrap();
    let idle = Arc::new(idle);
    let asked = tokio::spawn({
        let idle = idle.clone();
        async move { idle.bus().ask(Add { a: 1, b: 1 }).timeout(Duration::from_secs(5)).await }
    });
    tokio::task::yield_now().await;
    idle.advance(Duration::from_secs(6)).await;
    let error = asked.await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "nobody answered `sum.requested` within 5s: no agent that lives consumes it; is the one that should running, \
         and on the same store?"
    );

    // The request is still there for a worker that comes later, and says that nobody waits any more.
    let adder = bed.start(App::builder("adder").handlers(handlers![add])).await.unwrap();
    adder.settle().await.unwrap();
    assert!(adder.published::<Sum>().is_empty());
}

#[on_task]
async fn never(_task: Task<Add>) -> Sum {
    std::future::pending().await
}

async fn unanswered(app: TestApp) -> AskError {
    let app = Arc::new(app);
    let asked = tokio::spawn({
        let app = app.clone();
        async move { app.bus().ask(Add { a: 1, b: 1 }).timeout(Duration::from_secs(5)).await }
    });
    tokio::task::yield_now().await;
    app.advance(Duration::from_secs(7)).await;
    asked.await.unwrap().unwrap_err()
}

#[tokio::test]
async fn the_error_at_the_deadline_says_whether_anyone_alive_is_registered_for_the_event() {
    let slow = TestApp::start(App::builder("adder").handlers(handlers![never])).await.unwrap();
    let error = unanswered(slow).await;
    assert!(matches!(error, AskError::TimedOut { is_consumed: Some(true), .. }), "{error}");
    assert!(error.to_string().ends_with("an agent that lives consumes it, and is late"), "{error}");

    // Out of reach, or silent: the caller is told at the deadline, or a second later.
    let clock = soorma::Clock::simulated();
    let broker = Arc::new(MemoryBroker::new(clock.clone()));
    let store = Arc::new(Severable::new(Arc::new(MemoryStore::new(clock.clone()))));
    let bed = TestBed::with(broker, store.clone(), clock);
    let idle = bed.start(App::builder("idle").handlers(handlers![hear_all])).await.unwrap();
    store.set_away(true);
    let error = unanswered(idle).await;
    assert!(matches!(error, AskError::TimedOut { is_consumed: None, .. }), "{error}");
}

#[tokio::test]
async fn a_durable_request_names_the_event_it_wants_back_as_well() {
    let app = adder().await;
    let request = app.bus().request(Add { a: 1, b: 2 }).response_event("calc.result").await.unwrap();
    app.settle().await.unwrap();
    let answer = app.events().into_iter().find(|event| event.event_type == "calc.result").unwrap();
    assert_eq!(answer.parent_event_id.as_deref(), Some(&*request));
    assert!(app.bus().request(Add { a: 1, b: 2 }).response_event("Calc").await.is_err());

    app.bus().request(Add { a: 1, b: 2 }).response_topic(BusinessFacts).await.unwrap();
    app.settle().await.unwrap();
    assert!(app.events().iter().any(|event| event.topic == BusinessFacts && event.event_type == "sum.done"));
}

#[on_event(topic = ActionResults, event_type = ">")]
async fn hear_all(_event: EventEnvelope) {}

#[on_event]
async fn ask_for_sum(thing: Event<Happened>) -> Add {
    Add { a: i64::from(thing.number), b: 1 }
}

#[on_result]
async fn note_sum(result: TaskResult<Sum>, log: State<Arc<Log<Result<i64, TaskFailed>>>>) -> Option<Noted> {
    log.add(result.as_result().map(|sum| sum.sum).map_err(Clone::clone));
    let sum = result.into_result().ok()?;
    Some(Noted { number: u32::try_from(sum.sum).ok()?, note: "sum".into() })
}

#[on_event(topic = ActionResults, event_type = "sum.done", name = "observer")]
async fn observe(_sum: Event<Sum>, seen: State<Arc<AtomicU32>>) {
    seen.fetch_add(1, Ordering::SeqCst);
}

#[on_result]
async fn not_mine(_result: TaskResult<Sum>) -> anyhow::Result<()> {
    anyhow::bail!("an answer to somebody else's request")
}

#[tokio::test]
async fn a_returned_request_is_answered_to_its_own_group_and_observers_hear_every_answer() {
    let bed = TestBed::new();
    let log = Arc::new(Log::<Result<i64, TaskFailed>>::default());
    let seen = Arc::new(AtomicU32::new(0));
    let asker = App::builder("asker").handlers(handlers![ask_for_sum, note_sum]).state(log.clone());
    let other = App::builder("other").handlers(handlers![not_mine, observe]).state(seen.clone());
    let asker = bed.start(asker).await.unwrap();
    let other = bed.start(other).await.unwrap();
    asker.publish(Happened::number(1)).await.unwrap();

    // The asking group restarts between request and answer; the answer waits for it.
    asker.settle().await.unwrap();
    let asker_after = {
        asker.shutdown().await;
        let adder = bed.start(App::builder("adder").handlers(handlers![add])).await.unwrap();
        adder.settle().await.unwrap();
        adder.shutdown().await;
        let asker = App::builder("asker").handlers(handlers![ask_for_sum, note_sum]).state(log.clone());
        bed.start(asker).await.unwrap()
    };
    asker_after.settle().await.unwrap();
    other.settle().await.unwrap();
    assert_eq!(log.entries(), [Ok(2)]);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    assert!(asker_after.dead_letters().await.unwrap().is_empty(), "`not_mine` heard nothing");

    // The conversation: the request opened one, and whoever handled the answer went on with the first.
    let events = asker_after.events();
    let find = |name: &str| events.iter().find(|event| event.event_type == name).unwrap();
    let (first, request, answer, noted) =
        (find("thing.happened"), find("sum.requested"), find("sum.done"), find("thing.noted"));
    assert_ne!(request.correlation_id, first.correlation_id);
    assert_eq!(answer.correlation_id, request.correlation_id);
    assert_eq!(noted.correlation_id, first.correlation_id);
    assert_eq!(answer.parent_event_id.as_ref(), Some(&request.id));
    assert_eq!((first.depth, request.depth, answer.depth, noted.depth), (0, 1, 1, 2));
    assert!(events.iter().all(|event| event.trace_id == first.trace_id));
}

#[tokio::test]
async fn the_requesting_group_hears_of_a_failure() {
    let log = Arc::new(Log::<Result<i64, TaskFailed>>::default());
    let app = App::builder("both").handlers(handlers![add, note_sum]).state(log.clone());
    let app = TestApp::start(app).await.unwrap();
    let request = app.bus().request(Add { a: -1, b: 0 }).subject("order-7").await.unwrap();
    app.settle().await.unwrap();
    match &log.entries()[..] {
        [Err(failed)] => {
            assert_eq!(failed.request_id, request);
            assert_eq!(failed.subject.as_deref(), Some("order-7"));
            let seen: Vec<_> =
                app.events().iter().filter_map(|event| TaskFailed::of(event).unwrap()).collect();
            assert_eq!(seen, std::slice::from_ref(failed));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_plain_program_asks_too() {
    use soorma::broker::{Broker, memory::MemoryBroker};
    let broker: Arc<dyn Broker> = Arc::new(MemoryBroker::new(soorma::Clock::system()));
    let app = App::builder("adder").handlers(handlers![add]).broker(broker.clone()).start().await.unwrap();
    let client = Client::on(broker.clone(), "script");
    assert_eq!(client.ask(Add { a: 20, b: 22 }).await.unwrap().sum, 42);
    app.shutdown().await;
    broker.close().await;
    assert!(client.ask(Add { a: 1, b: 1 }).await.is_err(), "a typed error, at once");
}

#[on_task(event_type = "sum.requested")]
async fn untyped(task: Task<serde_json::Value>) -> anyhow::Result<Sum> {
    Ok(Sum { sum: task["a"].as_i64().unwrap_or_default() })
}

#[tokio::test]
async fn an_untyped_task_answers_with_what_it_returns() {
    let app = TestApp::start(App::builder("untyped").handlers(handlers![untyped])).await.unwrap();
    assert_eq!(app.ask(Add { a: 5, b: 3 }).await.unwrap().sum, 5);
}

#[on_event(retry(max = 2, backoff = "1s..1s"))]
async fn answers_two(
    _thing: Event<Happened>,
    attempt: Attempt,
    bus: Bus,
    asked: State<Log<EventEnvelope>>,
) -> anyhow::Result<()> {
    let [one, two] = &asked.entries()[..] else { anyhow::bail!("there are two requests") };
    let order = if attempt.0 == 1 { [one, two] } else { [two, one] };
    for request in order {
        bus.respond(request, Sum { sum: 0 }).await?;
        anyhow::ensure!(attempt.0 == 2, "answered one, and lost the line");
    }
    Ok(())
}

#[tokio::test]
async fn equal_answers_to_different_requests_are_different_events() {
    let asked = Log::<EventEnvelope>::default();
    for _ in 0..2 {
        asked.add(Task::new(Add { a: 0, b: 0 }).envelope().clone());
    }
    let ids: Vec<_> = asked.entries().into_iter().map(|request| request.id).collect();
    let app = App::builder("two").handlers(handlers![answers_two]).state(asked);
    let app = TestApp::start(app).await.unwrap();
    app.publish(Happened::number(1)).await.unwrap();
    app.settle().await.unwrap();
    let events = app.events();
    let of = |id: &Arc<str>| events.iter().filter(|event| event.parent_event_id.as_ref() == Some(id)).count();
    assert_eq!(ids.iter().map(of).collect::<Vec<_>>(), [1, 1]);
}

#[on_event(topic = ActionRequests, event_type = "sum.requested")]
async fn answer_by_hand(request: Event<Add>, bus: Bus) -> anyhow::Result<()> {
    bus.respond(&request, Sum { sum: request.a - request.b }).await?;
    Ok(())
}

#[tokio::test]
async fn a_request_can_be_answered_through_the_bus() {
    let app = TestApp::start(App::builder("by-hand").handlers(handlers![answer_by_hand])).await.unwrap();
    assert_eq!(app.ask(Add { a: 5, b: 3 }).await.unwrap().sum, 2);
    let sum = app.bus().ask(Add { a: 5, b: 1 }).response_event("calc.result").await.unwrap();
    assert_eq!(sum.sum, 4);
}

#[on_event(topic = ActionRequests, event_type = "sum.requested")]
async fn answer_with_a_text(request: Event<Add>, bus: Bus) -> anyhow::Result<()> {
    bus.respond(&request, Noted { number: 1, note: "much".into() }).await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_of_another_shape_is_an_error() {
    let app = TestApp::start(App::builder("a").handlers(handlers![answer_with_a_text])).await.unwrap();
    let error = app.ask(Add { a: 5, b: 3 }).await.unwrap_err();
    assert!(matches!(error, AskError::Decode(_)), "{error:?}");
    assert!(error.to_string().starts_with("the data of `sum.done` is no `Sum`: at `.`: "), "{error}");
}

#[tokio::test]
async fn an_event_type_is_checked_before_it_is_published() {
    let app = adder().await;
    let error = app.bus().event(BusinessFacts, "Order Placed").publish().await.unwrap_err();
    assert_eq!(error.to_string(), "invalid event type `Order Placed`");
    let error = app.bus().event(BusinessFacts, "order.placed").request().await.unwrap_err();
    assert_eq!(error.to_string(), "`order.placed` names no response event: add `.response_event(\"..\")`");
    assert!(app.events().is_empty());
}

#[tokio::test]
async fn handlers_are_ordinary_functions() {
    let sum = add(Task::new(Add { a: 1, b: 2 })).await.unwrap();
    assert_eq!(sum, Sum { sum: 3 });
    let request = ask_for_sum(Event::new(Happened::number(4))).await;
    assert_eq!(request, Add { a: 4, b: 1 });
}
