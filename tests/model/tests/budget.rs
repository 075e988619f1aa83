//! What a decision may cost, and that it is made once: over restarts, repetitions and races.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use soorma::{
    App, BoxFuture, Clock,
    broker::{Broker, memory::MemoryBroker},
    handlers,
    planner::{DecideError, DecisionRecord, EventSelector, Model, ModelError, Prompt},
    prelude::*,
    store::{Store, memory::MemoryStore},
    testing::{TestApp, TestBed},
};
use soorma_model_tests::{CustomerTold, Step, Steps, TicketOpened, offered};
use soorma_tests::{
    Attempt, Log,
    brokers::{Fault, Faulty},
};
use tokio::sync::Barrier;

/// Longer than a lease, shorter than the time-out of a handler.
const LEASE: Duration = Duration::from_secs(31);

fn ticket() -> TicketOpened {
    TicketOpened { number: 7, text: "Where is my parcel?".into() }
}

#[on_event]
async fn route(
    ticket: Event<TicketOpened>,
    toolkit: EventToolkit,
    model: State<Arc<dyn Model>>,
) -> anyhow::Result<()> {
    let offer = toolkit.offer(offered());
    let selection = EventSelector::new(&toolkit, &*model).select("route", &offer, &*ticket).await?;
    if let Some(payload) = selection.payload {
        toolkit.publish(payload).await?;
    }
    Ok(())
}

/// The same, but its first attempt fails when the decision is made, and nothing is published yet.
#[on_event]
async fn fails_once(
    ticket: Event<TicketOpened>,
    toolkit: EventToolkit,
    model: State<Arc<dyn Model>>,
    attempt: Attempt,
) -> anyhow::Result<()> {
    let offer = toolkit.offer(offered());
    let selector = EventSelector::new(&toolkit, &*model);
    for _ in 0..2 {
        let selection = selector.select("route", &offer, &*ticket).await?;
        anyhow::ensure!(attempt.0 > 1, "the first attempt fails");
        toolkit.publish(selection.payload.unwrap()).await?;
    }
    Ok(())
}

/// The same, but it hangs once, when the decision is made.
#[on_event]
async fn hangs_once(
    ticket: Event<TicketOpened>,
    toolkit: EventToolkit,
    model: State<Arc<dyn Model>>,
    runs: State<Arc<AtomicUsize>>,
) -> anyhow::Result<()> {
    let offer = toolkit.offer(offered());
    let selection = EventSelector::new(&toolkit, &*model).select("route", &offer, &*ticket).await?;
    if runs.fetch_add(1, Ordering::SeqCst) == 0 {
        std::future::pending::<()>().await;
    }
    toolkit.publish(selection.payload.unwrap()).await?;
    Ok(())
}

fn router(model: &Arc<dyn Model>) -> soorma::AppBuilder {
    App::builder("router").handlers(handlers![route]).state(model.clone())
}

fn steps(steps: Vec<Step>) -> (Arc<Steps>, Arc<dyn Model>) {
    let model = Arc::new(Steps::new(steps));
    (model.clone(), model)
}

/// The records of the agent `router`.
async fn records(app: &TestApp) -> Vec<DecisionRecord> {
    let records = DecisionRecord::of(&EventToolkit::new(app.bus()));
    let mut found = Vec::new();
    for name in records.names().await.unwrap() {
        found.push(records.get(&name).await.unwrap().unwrap().value);
    }
    found
}

#[tokio::test]
async fn processes_that_die_during_a_call_spend_one_budget() {
    let (calls, model) = steps(vec![Step::nonsense(), Step::Hang, Step::Hang, Step::tell("too late")]);
    let bed = TestBed::new();
    let first = bed.start(router(&model)).await.unwrap();
    first.publish(ticket()).await.unwrap();
    first.advance(Duration::ZERO).await;
    assert_eq!(calls.calls(), 2, "it hangs in the second call");
    first.kill();
    let second = bed.start(router(&model)).await.unwrap();
    second.advance(LEASE).await;
    assert_eq!(calls.calls(), 3, "it hangs in the third");
    second.kill();
    let third = bed.start(router(&model)).await.unwrap();
    third.advance(LEASE).await;
    third.settle().await.unwrap();
    assert_eq!(calls.calls(), 3, "there are three, however often it starts");
    assert_eq!(third.published::<CustomerTold>(), []);
    let dead = third.dead_letters().await.unwrap();
    let error = dead[0].errors.join(": ");
    assert!(error.contains("no answer of the model was taken in 3 calls"), "{error}");
    assert!(error.contains("the answer does not begin with `{`"), "the last answer that came: {error}");

    let record = &records(&third).await[0];
    assert_eq!((record.calls.len(), &record.outcome), (3, &None));
    assert!(record.calls[0].violations.is_some() && record.calls[0].ended_at.is_some());
    assert_eq!((&record.calls[1].answer, record.calls[1].ended_at), (&None, None));
}

#[tokio::test]
async fn a_process_that_dies_after_the_decision_does_not_ask_again() {
    let (calls, model) = steps(vec![Step::tell("tomorrow"), Step::tell("never")]);
    let runs = Arc::new(AtomicUsize::new(0));
    let start = async |bed: &TestBed| {
        let app = App::builder("router").handlers(handlers![hangs_once]).state(model.clone());
        bed.start(app.state(runs.clone())).await.unwrap()
    };
    let bed = TestBed::new();
    let first = start(&bed).await;
    first.publish(ticket()).await.unwrap();
    first.advance(Duration::ZERO).await;
    assert_eq!((calls.calls(), runs.load(Ordering::SeqCst)), (1, 1));
    first.kill();
    let second = start(&bed).await;
    second.advance(LEASE).await;
    second.settle().await.unwrap();
    assert_eq!((calls.calls(), runs.load(Ordering::SeqCst)), (1, 2));
    assert_eq!(second.published::<CustomerTold>(), [CustomerTold { text: "tomorrow".into() }]);
}

#[tokio::test]
async fn an_attempt_that_failed_is_not_asked_for_again_and_the_same_name_twice_is_two_decisions() {
    let (calls, model) =
        steps(["first", "second", "third", "fourth", "never"].into_iter().map(Step::tell).collect());
    let app = App::builder("router").handlers(handlers![fails_once]).state(model);
    let app = TestApp::start(app).await.unwrap();
    app.publish(ticket()).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(calls.calls(), 2);
    let told: Vec<_> = app.published::<CustomerTold>().into_iter().map(|told| told.text).collect();
    assert_eq!(told, ["first", "second"]);
    assert_eq!(records(&app).await.len(), 2);

    // Another event is another decision, also where it says the same.
    app.publish(ticket()).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!((calls.calls(), records(&app).await.len()), (4, 4));
}

/// Answers the second call at once, and the first one once it is too late.
struct SlowAtFirst {
    clock: Clock,
    calls: AtomicUsize,
}

impl Model for SlowAtFirst {
    fn name(&self) -> &str {
        "slow at first"
    }

    fn complete<'a>(&'a self, _prompt: &'a Prompt) -> BoxFuture<'a, Result<String, ModelError>> {
        Box::pin(async move {
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            if call == 0 {
                self.clock.sleep(Duration::from_secs(95)).await;
            }
            let Step::Answer(answer) = Step::tell(&format!("call {call}")) else { unreachable!() };
            Ok(answer)
        })
    }
}

#[on_event(agent = "router")]
async fn note(
    ticket: Event<TicketOpened>,
    toolkit: EventToolkit,
    model: State<Arc<dyn Model>>,
    log: State<Arc<Log<String>>>,
) -> anyhow::Result<()> {
    let offer = toolkit.offer(offered());
    let selection = EventSelector::new(&toolkit, &*model).select("route", &offer, &*ticket).await?;
    let payload = selection.payload.unwrap();
    log.add(payload.data()["text"].as_str().unwrap().to_owned());
    toolkit.publish(payload).await?;
    Ok(())
}

struct Heard(Arc<Log<String>>);

#[on_event(agent = "hearer")]
async fn hear(told: Event<CustomerTold>, heard: State<Heard>) {
    heard.0.add(told.text.clone());
}

#[tokio::test]
async fn two_instances_that_decide_at_once_decide_the_same_and_publish_it_once() {
    let clock = Clock::simulated();
    let good: Arc<dyn Broker> = Arc::new(MemoryBroker::new(clock.clone()));
    let bad = Arc::new(Faulty::new(good.clone(), Fault::RefuseExtensions));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
    let model = Arc::new(SlowAtFirst { clock: clock.clone(), calls: AtomicUsize::new(0) });
    let log = Arc::new(Log::<String>::default());
    let heard = Arc::new(Log::<String>::default());
    let instance = || {
        App::builder("router")
            .handlers(handlers![note, hear])
            .grace(Duration::from_secs(3_600))
            .state::<Arc<dyn Model>>(model.clone())
            .state(log.clone())
            .state(Heard(heard.clone()))
    };
    let slow = TestBed::with(bad, store.clone(), clock.clone()).start(instance()).await.unwrap();
    slow.publish(ticket()).await.unwrap();
    clock.advance(Duration::ZERO).await;
    // It takes nothing more, and finishes what it has; its lease ends at 30 s.
    let slow = tokio::spawn(slow.shutdown());
    tokio::task::yield_now().await;
    let other = TestBed::with(good, store, clock.clone()).start(instance()).await.unwrap();
    clock.advance(Duration::from_secs(100)).await;
    slow.await.unwrap();
    assert_eq!(model.calls.load(Ordering::SeqCst), 2, "both asked");
    assert_eq!(log.entries(), ["call 1", "call 1"], "and the first answer that was taken is what both got");
    assert_eq!(heard.entries(), ["call 1"], "both published it, under one id");
    let record = &records(&other).await[0];
    assert_eq!((record.calls.len(), &record.outcome.as_ref().unwrap().call), (2, &record.calls[1].id));
}

/// Answers once two have asked, each something else.
struct Together {
    both: Barrier,
    calls: AtomicUsize,
}

impl Model for Together {
    fn name(&self) -> &str {
        "together"
    }

    fn complete<'a>(&'a self, _prompt: &'a Prompt) -> BoxFuture<'a, Result<String, ModelError>> {
        Box::pin(async move {
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            self.both.wait().await;
            let Step::Answer(answer) = Step::tell(&format!("call {call}")) else { unreachable!() };
            Ok(answer)
        })
    }
}

#[tokio::test]
async fn outside_of_handlers_the_name_is_the_decision() {
    let model = Together { both: Barrier::new(2), calls: AtomicUsize::new(0) };
    let app = TestApp::start(router(&steps(vec![]).1)).await.unwrap();
    let toolkit = EventToolkit::new(app.bus());
    let offer = toolkit.offer(offered());
    let selector = EventSelector::new(&toolkit, &model);
    let (one, two) = tokio::join!(
        selector.select("order 7", &offer, "one situation"),
        selector.select("order 7", &offer, "another")
    );
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(model.calls.load(Ordering::SeqCst), 2);
    let again = selector.select("order 7", &offer, "a third").await.unwrap();
    assert_eq!((&*again.id, model.calls.load(Ordering::SeqCst)), ("order 7", 2));
}

#[tokio::test]
async fn what_the_model_has_not_taken_does_not_count_and_what_failed_does() {
    let refused = || Step::NotTaken;
    let (calls, model) = steps(vec![refused(), refused(), refused(), refused(), Step::tell("at last")]);
    let app = TestApp::start(router(&model)).await.unwrap();
    app.publish(ticket()).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(calls.calls(), 5, "one an attempt: a model's error ends the decision");
    assert_eq!(app.published::<CustomerTold>().len(), 1);
    assert_eq!(records(&app).await[0].calls.len(), 1);

    let (calls, model) = steps(vec![Step::Fail, Step::Fail, Step::Fail, Step::tell("too late")]);
    let app = TestApp::start(router(&model)).await.unwrap();
    app.publish(ticket()).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(calls.calls(), 3);
    assert_eq!(app.published::<CustomerTold>(), []);
    assert_eq!(records(&app).await[0].calls[2].error.as_deref(), Some("it gave no answer"));
}

#[tokio::test]
async fn a_decision_from_a_record_is_held_against_what_is_offered_now() {
    let (calls, model) = steps(vec![Step::tell("tomorrow"), Step::tell("never")]);
    let app = TestApp::start(router(&model)).await.unwrap();
    let toolkit = EventToolkit::new(app.bus());
    let selector = EventSelector::new(&toolkit, &model);
    let all = toolkit.offer(offered());
    selector.select("one", &all, "").await.unwrap();
    let fewer = toolkit.offer(offered().into_iter().filter(|event| event.topic == ActionRequests));
    let error = selector.select("one", &fewer, "").await.unwrap_err();
    assert!(matches!(&error, DecideError::Outdated { id, .. } if id == "one"), "{error}");
    assert!(error.to_string().ends_with("no event `customer.told` is offered"), "{error}");
    let error = selector.select("one", &toolkit.offer([]), "").await.unwrap_err();
    assert!(matches!(error, DecideError::NothingOffered), "{error}");
    assert!(selector.select("one", &all, "").await.unwrap().payload.is_some());
    assert_eq!(calls.calls(), 1);
}

#[tokio::test]
async fn records_are_kept_for_as_long_as_was_said() {
    let (calls, model) = steps(vec![Step::tell("one"), Step::tell("two"), Step::tell("three")]);
    let app = TestApp::start(router(&model)).await.unwrap();
    let toolkit = EventToolkit::new(app.bus());
    let offer = toolkit.offer(offered());
    let seconds = |seconds| EventSelector::new(&toolkit, &model).keep_records(Duration::from_secs(seconds));
    seconds(62).select("kept", &offer, "").await.unwrap();
    seconds(60).select("gone", &offer, "").await.unwrap();
    app.advance(Duration::from_secs(61)).await;
    let selector = EventSelector::new(&toolkit, &model);
    selector.select("kept", &offer, "").await.unwrap();
    assert_eq!(calls.calls(), 2);
    selector.select("gone", &offer, "").await.unwrap();
    assert_eq!(calls.calls(), 3);
}
