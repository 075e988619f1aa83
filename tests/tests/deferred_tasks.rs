//! Tasks that answer later, from the results of what they ask: once, over failures, replays and deaths of their process.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    AskError, Deferred, TaskError,
    broker::memory::MemoryBroker,
    handlers,
    prelude::*,
    store::Key,
    testing::{TestApp, TestBed},
};
use soorma_tests::{
    Add, Log, Sum,
    brokers::{Fault, Faulty},
};

/// Adds each number to itself.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "double.requested", response = Doubled)]
struct DoubleAll {
    numbers: Vec<i64>,
}

/// The sum of the doubles.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "double.done")]
struct Doubled {
    sum: i64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    answers: usize,
    sum: i64,
}

#[derive(Debug, Default)]
struct Switches {
    runs: AtomicU32,
    sums: Log<i64>,
    /// The task's function fails after it has asked.
    fails: AtomicBool,
    /// It never ends.
    hangs: AtomicBool,
    /// So many runs for a result fail after they have changed the state.
    stumbles: AtomicU32,
    answered: Log<bool>,
}

type Flags = State<Arc<Switches>>;

#[on_task(retry(max = 1))]
async fn double(task: Task<DoubleAll>, flags: Flags) -> anyhow::Result<Deferred<Doubled>> {
    flags.runs.fetch_add(1, Ordering::SeqCst);
    let deferred = task.defer(&Progress::default()).await?;
    for number in &task.numbers {
        deferred.request(Add { a: *number, b: *number }).await?;
    }
    anyhow::ensure!(!flags.fails.load(Ordering::SeqCst), "the function fails");
    if flags.hangs.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    Ok(deferred)
}

#[on_result(retry(max = 3, backoff = "1s..1s"))]
async fn doubled(result: TaskResult<Sum>, flags: Flags) -> anyhow::Result<()> {
    let Some(task) = result.task::<DoubleAll>().await? else { return Ok(()) };
    let sum = match result.as_result() {
        Ok(sum) => sum.sum,
        Err(failed) => {
            flags.answered.add(task.fail(&failed.reason).await?);
            return Ok(());
        }
    };
    flags.sums.add(sum);
    let change = |progress: &mut Progress| {
        progress.answers += 1;
        progress.sum += sum;
    };
    let progress = task.update(change).await?;
    let left = flags.stumbles.load(Ordering::SeqCst);
    flags.stumbles.store(left.saturating_sub(1), Ordering::SeqCst);
    anyhow::ensure!(left == 0, "stumbled");
    if progress.answers == task.numbers.len() {
        flags.answered.add(task.complete(Doubled { sum: progress.sum }).await?);
    }
    Ok(())
}

#[on_task(agent = "adder", retry(max = 1))]
async fn add(task: Task<Add>) -> anyhow::Result<Sum> {
    anyhow::ensure!(task.a >= 0, "no negative numbers");
    Ok(Sum { sum: task.a + task.b })
}

fn builder(flags: &Arc<Switches>) -> AppBuilder {
    App::builder("doubler").handlers(handlers![double, doubled, add]).state(flags.clone())
}

async fn bench() -> (TestApp, Arc<Switches>) {
    let flags = Arc::<Switches>::default();
    (TestApp::start(builder(&flags)).await.unwrap(), flags)
}

async fn ask(app: &TestApp, numbers: &[i64]) -> Result<Doubled, AskError> {
    let asked = tokio::spawn(app.bus().ask(DoubleAll { numbers: numbers.to_vec() }).into_future());
    tokio::task::yield_now().await;
    app.settle().await.unwrap();
    asked.await.unwrap()
}

async fn kept(app: &TestApp) -> Vec<Key> {
    app.store().list(&Key::from(["tasks"])).await.unwrap()
}

#[tokio::test]
async fn a_deferred_task_is_answered_once_all_results_are_there_and_leaves_nothing_behind() {
    let (app, flags) = bench().await;
    let numbers: Vec<i64> = (0..50).collect();
    assert_eq!(ask(&app, &numbers).await.unwrap(), Doubled { sum: 2450 });
    assert_eq!(flags.answered.entries(), [true]);
    assert_eq!((app.published::<Doubled>().len(), flags.runs.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(kept(&app).await, []);
    assert!(app.dead_letters().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_asked_belongs_to_the_workflow_of_the_task() {
    let (app, _) = bench().await;
    ask(&app, &[1]).await.unwrap();
    let find =
        |event_type: &str| app.events().into_iter().find(|event| event.event_type == event_type).unwrap();
    let (request, part, answer) = (find("double.requested"), find("sum.requested"), find("double.done"));
    assert_eq!(part.parent_event_id.as_deref(), Some(&*request.id));
    assert_eq!(part.trace_id, request.trace_id);
    assert_eq!(answer.parent_event_id.as_deref(), Some(&*request.id));
    assert_eq!(answer.correlation_id, request.correlation_id);
}

#[tokio::test]
async fn results_that_come_after_a_restart_find_the_task() {
    let bed = TestBed::new();
    let flags = Arc::<Switches>::default();
    let app = bed.start(builder(&flags).agents(["doubler"])).await.unwrap();
    let id = app.bus().request(DoubleAll { numbers: vec![1, 2] }).await.unwrap();
    app.settle().await.unwrap();
    app.kill();
    let app = bed.start(builder(&flags)).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(app.published::<Doubled>(), [Doubled { sum: 6 }]);
    let answer = app.events().into_iter().find(|event| event.event_type == "double.done").unwrap();
    assert_eq!(answer.parent_event_id.as_deref(), Some(&*id));
    assert_eq!(kept(&app).await, []);
}

#[tokio::test]
async fn a_result_that_is_handled_twice_changes_the_state_once() {
    let (app, flags) = bench().await;
    flags.stumbles.store(2, Ordering::SeqCst);
    // Nobody waits for the answer, so that a wrong one fails the test and does not hang it.
    app.bus().request(DoubleAll { numbers: vec![5, 6] }).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(app.published::<Doubled>(), [Doubled { sum: 22 }]);
    assert!(flags.sums.entries().len() > 2, "both failed, and one of them at least came again");
    assert_eq!(flags.answered.entries(), [true]);
}

#[tokio::test]
async fn a_failure_answers_as_well_and_what_comes_later_finds_no_task() {
    let (app, flags) = bench().await;
    match ask(&app, &[-1, 2, -3]).await {
        Err(AskError::Failed(failed)) => {
            assert_eq!((&*failed.reason, &*failed.code), ("no negative numbers", "failed"));
        }
        other => panic!("{other:?}"),
    }
    let firsts = flags.answered.entries().into_iter().filter(|first| *first).count();
    assert_eq!(firsts, 1);
    assert_eq!(app.published::<Doubled>(), []);
    assert_eq!(kept(&app).await, []);
}

#[tokio::test]
async fn a_task_whose_function_is_lost_after_the_answer_does_not_run_again() {
    let bed = TestBed::new();
    let flags = Arc::<Switches>::default();
    flags.hangs.store(true, Ordering::SeqCst);
    let app = bed.start(builder(&flags)).await.unwrap();
    let numbers = vec![1];
    assert_eq!(app.ask(DoubleAll { numbers }).await.unwrap(), Doubled { sum: 2 });
    app.kill();
    let app = bed.start(builder(&flags)).await.unwrap();
    app.advance(Duration::from_secs(31)).await;
    app.settle().await.unwrap();
    assert_eq!((flags.runs.load(Ordering::SeqCst), app.published::<Doubled>().len()), (1, 1));
    assert_eq!(kept(&app).await, []);
}

#[tokio::test]
async fn a_function_that_fails_for_good_answers_once_and_a_replay_begins_anew() {
    let (app, flags) = bench().await;
    flags.fails.store(true, Ordering::SeqCst);
    let asked = ask(&app, &[1, 2]).await;
    assert!(
        matches!(&asked, Err(AskError::Failed(failed)) if failed.reason == "the function fails"),
        "{asked:?}"
    );
    assert!(flags.answered.entries().is_empty(), "the results come too late");
    assert_eq!(app.dead_letters().await.unwrap().len(), 1);

    flags.fails.store(false, Ordering::SeqCst);
    let letter = app.dead_letters().await.unwrap().remove(0);
    app.broker().dead_letters().replay(&letter.id()).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(flags.answered.entries(), [true]);
    assert_eq!(app.published::<Doubled>(), [Doubled { sum: 6 }]);
    assert_eq!(kept(&app).await, []);
}

#[tokio::test]
async fn an_answer_that_could_not_be_published_is_published_when_the_result_comes_again() {
    let clock = soorma::Clock::simulated();
    let fault = Fault::RefusePublish("double.done", 1);
    let broker = Arc::new(Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), fault));
    let flags = Arc::<Switches>::default();
    let app = TestBed::on(broker, clock).start(builder(&flags)).await.unwrap();
    app.bus().request(DoubleAll { numbers: vec![4] }).await.unwrap();
    app.settle().await.unwrap();
    assert!(flags.answered.entries().is_empty(), "the call that answers has failed");
    assert_eq!(app.published::<Doubled>(), [Doubled { sum: 8 }]);
    assert_eq!(kept(&app).await, []);
}

/// Another request, with the same kind of parts.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "other.requested", response = Doubled)]
struct Other {}

#[on_result]
async fn look(result: TaskResult<Sum>, log: State<Arc<Log<String>>>) -> anyhow::Result<()> {
    let other = result.task::<Other>().await?.is_some();
    let Some(task) = result.task::<DoubleAll>().await? else { return Ok(()) };
    let shape = task.update(|_: &mut String| ()).await;
    log.add(format!("{other} {}", matches!(shape, Err(TaskError::State(_)))));
    Ok(())
}

#[tokio::test]
async fn a_task_of_another_type_and_a_state_of_another_shape_are_told_apart() {
    let (flags, log) = (Arc::<Switches>::default(), Arc::<Log<String>>::default());
    let app = App::builder("doubler").handlers(handlers![double, look, add]).state(flags).state(log.clone());
    let app = TestApp::start(app).await.unwrap();
    app.bus().request(DoubleAll { numbers: vec![1] }).await.unwrap();
    // An answer to a request that no task has sent.
    app.bus().request(Add { a: 1, b: 1 }).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(log.entries(), ["false true"]);
}
