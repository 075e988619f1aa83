//! Tasks that delegate, sleep and do things once: over suspensions, failures and deaths of their process.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    App, AskError, TaskError, handlers,
    prelude::*,
    store::Key,
    testing::{TestApp, TestBed},
};
use soorma_tests::{Add, Log, Sum};

/// Adds a list.
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

#[on_task(agent = "adder", retry(max = 1, backoff = "1s..1s"))]
async fn add(task: Task<Add>, calls: State<Arc<AtomicU32>>) -> anyhow::Result<Sum> {
    calls.fetch_add(1, Ordering::SeqCst);
    anyhow::ensure!(task.a >= 0, "no negative numbers");
    Ok(Sum { sum: task.a + task.b })
}

type Runs = Arc<Log<String>>;

#[on_task(retry(max = 2, backoff = "1s..1s"))]
async fn total(task: Task<AddAll>, runs: State<Runs>) -> anyhow::Result<Total> {
    runs.add("begin".into());
    let mut total = 0;
    for number in &task.numbers {
        total = task.delegate(Add { a: *number, b: total }).await?.sum;
    }
    let noted: i64 = task
        .step("note", |key| {
            runs.add(format!("note {}", key.len()));
            async move { anyhow::Ok(total) }
        })
        .await?;
    runs.add("end".into());
    Ok(Total { total: noted })
}

struct Bench {
    app: TestApp,
    calls: Arc<AtomicU32>,
    runs: Runs,
}

fn builder(calls: &Arc<AtomicU32>, runs: &Runs) -> soorma::AppBuilder {
    App::builder("planner").handlers(handlers![add, total]).state(calls.clone()).state(runs.clone())
}

async fn bench() -> Bench {
    let (calls, runs) = Default::default();
    let app = TestApp::start(builder(&calls, &runs)).await.unwrap();
    Bench { app, calls, runs }
}

impl Bench {
    async fn ask(&self, numbers: &[i64]) -> Result<Total, AskError> {
        let asks = self.app.bus().ask(AddAll { numbers: numbers.to_vec() }).into_future();
        let asked = tokio::spawn(asks);
        tokio::task::yield_now().await;
        self.app.settle().await.unwrap();
        asked.await.unwrap()
    }

    async fn journal(&self) -> Vec<Key> {
        self.app.store().list(&Key::from(["tasks"])).await.unwrap()
    }

    fn runs(&self, of: &str) -> usize {
        self.runs.entries().iter().filter(|entry| entry.starts_with(of)).count()
    }
}

#[tokio::test]
async fn a_task_delegates_and_each_answer_is_asked_for_once() {
    let bench = bench().await;
    assert_eq!(bench.ask(&[1, 2, 3]).await.unwrap(), Total { total: 6 });
    assert_eq!(bench.calls.load(Ordering::SeqCst), 3);
    assert_eq!(
        (bench.runs("begin"), bench.runs("note"), bench.runs("end")),
        (4, 1, 1),
        "suspended three times"
    );
    assert_eq!(bench.journal().await, [], "nothing is left behind");
    assert!(bench.app.dead_letters().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_death_of_the_process_repeats_nothing_that_was_answered() {
    let bed = TestBed::new();
    let (calls, runs): (Arc<AtomicU32>, Runs) = Default::default();
    // Nobody adds yet: the task is suspended on its first delegation, and its process dies.
    let planner = || builder(&calls, &runs).agents(["planner"]);
    let app = bed.start(planner()).await.unwrap();
    let id = app.bus().request(AddAll { numbers: vec![1, 2] }).await.unwrap();
    app.settle().await.unwrap();
    app.kill();
    let both = bed.start(builder(&calls, &runs)).await.unwrap();
    both.settle().await.unwrap();
    let answers = both.published::<Total>();
    assert_eq!(answers, [Total { total: 3 }]);
    let answer = both.events().into_iter().find(|event| event.event_type == "total.done").unwrap();
    assert_eq!(answer.parent_event_id.as_deref(), Some(&*id));
    assert_eq!(calls.load(Ordering::SeqCst), 2, "each addition once");
    assert_eq!(both.store().list(&Key::from(["tasks"])).await.unwrap(), []);
}

#[tokio::test]
async fn a_task_that_runs_when_its_process_dies_runs_again_from_its_journal() {
    // In the middle of a step, after two delegations.
    #[on_task]
    async fn stuck(task: Task<AddAll>, runs: State<Runs>) -> anyhow::Result<Total> {
        let sums = task.delegate_all(2, task.numbers.iter().map(|n| Add { a: *n, b: 0 })).await?;
        let first = runs.entries().is_empty();
        let key: String = task
            .step("effect", |key| {
                runs.add(key.clone());
                async move {
                    if first {
                        std::future::pending::<()>().await;
                    }
                    anyhow::Ok(key)
                }
            })
            .await?;
        assert_eq!(runs.entries().last(), Some(&key));
        Ok(Total { total: sums.iter().map(|sum| sum.sum).sum() })
    }
    let (calls, runs): (Arc<AtomicU32>, Runs) = Default::default();
    let bed = TestBed::new();
    let app =
        || App::builder("planner").handlers(handlers![add, stuck]).state(calls.clone()).state(runs.clone());
    let first = bed.start(app()).await.unwrap();
    first.bus().request(AddAll { numbers: vec![4, 5, 6] }).await.unwrap();
    while runs.entries().is_empty() {
        bed.clock().advance(Duration::ZERO).await;
    }
    first.kill();
    let second = bed.start(app()).await.unwrap();
    bed.clock().advance(Duration::from_secs(31)).await;
    second.settle().await.unwrap();
    assert_eq!(second.published::<Total>(), [Total { total: 15 }]);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    let keys = runs.entries();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]), "the effect again, under the same key");
    assert_eq!(second.store().list(&Key::from(["tasks"])).await.unwrap(), []);
}

#[tokio::test]
async fn what_another_agent_refuses_is_a_typed_error_and_the_task_answers_its_caller() {
    let bench = bench().await;
    let error = bench.ask(&[1, -1, 3]).await.unwrap_err();
    let AskError::Failed(failed) = error else { panic!("{error}") };
    let told = "`sum.requested` failed: the worker gave up after 1 attempt(s): no negative numbers";
    assert_eq!(failed.reason, told, "who it was, and why");
    assert_eq!(
        bench.calls.load(Ordering::SeqCst),
        2,
        "recorded answers are not asked for again by the second attempt"
    );
    let letters = bench.app.dead_letters().await.unwrap();
    assert_eq!(letters.len(), 2, "that of the adder and that of the task: {letters:#?}");
    assert!(!bench.journal().await.is_empty(), "kept for a replay");
}

#[on_task]
async fn parallel(task: Task<AddAll>) -> anyhow::Result<Total> {
    let add = |a, b| task.delegate(Add { a, b });
    let (one, two, three) = tokio::try_join!(add(1, 1), add(2, 2), add(3, 3))
        .map_err(|error| anyhow::anyhow!("together: {error}"))?;
    Ok(Total { total: one.sum + two.sum * 10 + three.sum * 100 })
}

#[tokio::test]
async fn delegations_run_side_by_side_and_keep_their_answers_apart() {
    let calls = Arc::<AtomicU32>::default();
    let app = App::builder("planner").handlers(handlers![add, parallel]).state(calls.clone());
    let app = TestApp::start(app).await.unwrap();
    for _ in 0..20 {
        app.bus().request(AddAll { numbers: vec![] }).await.unwrap();
    }
    app.settle().await.unwrap();
    assert_eq!(app.published::<Total>(), (0..20).map(|_| Total { total: 642 }).collect::<Vec<_>>());
    assert_eq!(calls.load(Ordering::SeqCst), 60);
    assert_eq!(app.store().list(&Key::from(["tasks"])).await.unwrap(), []);
}

#[on_task]
async fn sleeper(task: Task<AddAll>, runs: State<Runs>) -> anyhow::Result<Total> {
    task.sleep(Duration::from_secs(3600)).await?;
    runs.add("awake".into());
    match task.delegate(Add { a: 0, b: 0 }).timeout(Duration::from_secs(60)).await {
        Err(TaskError::TimedOut { waited, is_consumed: Some(false), .. }) => {
            Ok(Total { total: waited.as_secs().try_into()? })
        }
        other => anyhow::bail!("{other:?}"),
    }
}

#[tokio::test]
async fn sleeps_and_deadlines_go_on_over_a_restart() {
    let bed = TestBed::new();
    let runs = Runs::default();
    let app = || App::builder("planner").handlers(handlers![sleeper]).state(runs.clone());
    let first = bed.start(app()).await.unwrap();
    first.bus().request(AddAll { numbers: vec![] }).await.unwrap();
    first.settle().await.unwrap();
    first.advance(Duration::from_secs(3000)).await;
    first.kill();
    let second = bed.start(app()).await.unwrap();
    second.advance(Duration::from_secs(500)).await;
    second.settle().await.unwrap();
    assert!(runs.entries().is_empty(), "the time counts from the first run on, and is not over");
    second.advance(Duration::from_secs(101)).await;
    second.settle().await.unwrap();
    assert_eq!(runs.entries().len(), 1);
    second.advance(Duration::from_secs(61)).await;
    second.settle().await.unwrap();
    assert_eq!(second.published::<Total>(), [Total { total: 60 }]);
    assert_eq!(second.store().list(&Key::from(["tasks"])).await.unwrap(), []);
}

mod versions {
    use super::*;

    pub(crate) mod old {
        use super::*;

        #[on_task(retry(max = 3, backoff = "1s..1s"))]
        pub(crate) async fn total(task: Task<AddAll>) -> anyhow::Result<Total> {
            let total = task.step("charge card", |_| async { anyhow::Ok(7) }).await?;
            task.delegate(Add { a: 0, b: total }).await?;
            Ok(Total { total })
        }
    }

    pub(crate) mod new {
        use super::*;

        #[on_task(retry(max = 3, backoff = "1s..1s"))]
        pub(crate) async fn total(task: Task<AddAll>) -> anyhow::Result<Total> {
            let total = task.step("charge account", |_| async { anyhow::Ok(8) }).await?;
            task.delegate(Add { a: 0, b: total }).await?;
            Ok(Total { total })
        }
    }
}

#[tokio::test]
async fn a_step_that_was_renamed_is_an_error_that_names_both_and_the_old_code_goes_on() {
    let bed = TestBed::new();
    let calls = Arc::<AtomicU32>::default();
    let old = bed.start(App::builder("planner").handlers(handlers![versions::old::total])).await.unwrap();
    old.bus().request(AddAll { numbers: vec![] }).await.unwrap();
    old.settle().await.unwrap();
    old.shutdown().await;
    let adder = || App::builder("adder").handlers(handlers![add]).state(calls.clone());
    let _adder = bed.start(adder()).await.unwrap();
    let new = bed.start(App::builder("planner").handlers(handlers![versions::new::total])).await.unwrap();
    new.settle().await.unwrap();
    let letters = new.dead_letters().await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].attempts, 1, "no retry makes it fit");
    assert_eq!(
        letters[0].errors,
        [
            "call 0 of the task was `step charge card` when it was recorded, and is `step charge account` now: the code has changed"
        ]
    );
    new.shutdown().await;
    let old = bed.start(App::builder("planner").handlers(handlers![versions::old::total])).await.unwrap();
    assert!(old.broker().dead_letters().replay(&letters[0].id()).await.unwrap());
    old.settle().await.unwrap();
    assert_eq!(old.published::<Total>(), [Total { total: 7 }]);
    assert_eq!(old.store().list(&Key::from(["tasks"])).await.unwrap(), []);
}

#[on_event(agent = "observer", topic = ActionResults, event_type = "sum.done")]
async fn observe(answer: EventEnvelope, seen: State<Runs>) {
    seen.add(answer.event_type.to_string());
}

#[tokio::test]
async fn an_observer_hears_the_answers_to_delegations_too() {
    let (calls, runs): (Arc<AtomicU32>, Runs) = Default::default();
    let app =
        App::builder("planner").handlers(handlers![add, parallel, observe]).state(calls).state(runs.clone());
    let app = TestApp::start(app).await.unwrap();
    app.bus().request(AddAll { numbers: vec![] }).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(runs.entries(), ["sum.done", "sum.done", "sum.done"]);
}

#[on_task(agent = "twice")]
async fn answers_twice(task: Task<Add>, bus: Bus) -> anyhow::Result<Sum> {
    bus.respond(task.envelope(), Sum { sum: 1 }).await?;
    Ok(Sum { sum: 2 })
}

#[tokio::test]
async fn of_two_answers_the_first_counts() {
    let runs = Runs::default();
    let app = App::builder("planner").handlers(handlers![answers_twice, total]).state(runs.clone());
    let app = TestApp::start(app).await.unwrap();
    app.bus().request(AddAll { numbers: vec![5] }).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(app.published::<Total>(), [Total { total: 1 }]);
    assert_eq!(app.store().list(&Key::from(["tasks"])).await.unwrap(), []);
}

#[tokio::test]
async fn a_function_called_by_a_test_says_that_it_has_no_journal() {
    let error = total(Task::new(AddAll { numbers: vec![1] }), State::new(Runs::default())).await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(TaskError::NoApp)), "{error}");
}
