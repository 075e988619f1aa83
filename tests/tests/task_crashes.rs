//! A process with tasks that dies at each of its effects, before it and after it, and another that goes on: one answer,
//! each delegation answered once, each step under its own key, nothing left behind.
//!
//! `SOORMA_CRASH_RUNS=100` runs each point a hundred times, with what happens at the same time mixed up.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use soorma::{
    Address, App, AppBuilder, Clock, Deferred, EventDraft, Timestamp,
    broker::{Broker, Publication, memory::MemoryBroker},
    handlers,
    lineage::{self, Expectation},
    prelude::*,
    store::{Key, Store, memory::MemoryStore},
    testing::{TestApp, TestBed},
};
use soorma_tests::{
    Add, Log, Sum,
    fuse::{Fuse, FusedBroker, FusedStore, Side},
};

/// What a task shall do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Script {
    /// One delegation, one step, one sleep.
    Mixed,
    /// Three delegations at once, and a step.
    Parallel,
    /// Two delegations, one after the other.
    Twice,
    /// Nothing that is recorded but a step.
    Step,
    /// Deferred, with two requests.
    Deferred,
    /// Deferred, with a request that nobody hears, until its time is over.
    Expiring,
    /// A step, and outputs that are recorded: they are others in each run.
    Recorded,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "script.requested", response = Played)]
struct Play {
    script: Script,
}

/// The same for a task that answers later.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "script.deferred", response = Played)]
struct PlayLater {
    numbers: Vec<i64>,
}

/// The same for one whose outputs are recorded.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "script.guessed", response = Played)]
struct Guess {}

/// What nobody hears.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "nobody.asked", response = Sum)]
struct AskNobody {}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "script.played")]
struct Played {
    sum: i64,
}

/// What happened outside the framework.
#[derive(Debug, Default)]
struct World {
    /// The requests that the adder got: a process that dies may have its own repeated.
    added: Log<String>,
    keys: Log<String>,
    /// Runs of what guesses.
    guesses: Log<()>,
    answers: Log<(String, i64)>,
}

/// What stands for the sum of a task that has failed.
const NEVER: i64 = -1;

type Watched = State<Arc<World>>;

#[on_task(agent = "adder")]
async fn add(task: Task<Add>, world: Watched) -> Sum {
    world.added.add(task.envelope().id.to_string());
    Sum { sum: task.a + task.b }
}

#[on_task(agent = "player")]
async fn play(task: Task<Play>, world: Watched) -> anyhow::Result<Played> {
    let add = |a, b| task.delegate(Add { a, b });
    let note = |sum: i64| {
        let keys = &world.keys;
        task.step("note", move |key| {
            keys.add(key);
            async move { anyhow::Ok(sum) }
        })
    };
    let sum = match task.script {
        Script::Mixed => {
            let sum = add(1, 2).await?.sum;
            let sum = note(sum).await?;
            task.sleep(Duration::from_secs(600)).await?;
            sum
        }
        Script::Parallel => {
            let (one, two, three) = tokio::try_join!(add(1, 0), add(0, 1), add(1, 1))?;
            note(one.sum + two.sum * 10 + three.sum * 100).await?
        }
        Script::Twice => {
            let sum = add(1, 1).await?.sum;
            add(sum, 1).await?.sum
        }
        Script::Step => note(7).await?,
        Script::Deferred | Script::Expiring | Script::Recorded => anyhow::bail!("played by others"),
    };
    Ok(Played { sum })
}

#[on_task(agent = "player")]
async fn play_later(task: Task<PlayLater>) -> anyhow::Result<Deferred<Played>> {
    let deferred = task.defer(&Vec::<i64>::new()).await?;
    for number in &task.numbers {
        deferred.request(Add { a: *number, b: 0 }).await?;
    }
    if task.numbers.is_empty() {
        deferred.request(AskNobody {}).await?;
    }
    Ok(deferred)
}

#[on_result(agent = "player")]
async fn added(result: TaskResult<Sum>) -> anyhow::Result<()> {
    let Some(task) = result.task::<PlayLater>().await? else { return Ok(()) };
    let sum = result.into_result()?.sum;
    let sums = task.update(|sums: &mut Vec<i64>| sums.push(sum)).await?;
    if sums.len() == task.numbers.len() {
        task.complete(Played { sum: sums.iter().sum() }).await?;
    }
    Ok(())
}

#[on_task(agent = "player", outputs = "recorded")]
async fn guess(task: Task<Guess>, world: Watched) -> anyhow::Result<Played> {
    let keys = &world.keys;
    let step = task.step("note", move |key| {
        keys.add(key);
        async move { anyhow::Ok(()) }
    });
    step.await?;
    world.guesses.add(());
    Ok(Played { sum: i64::try_from(world.guesses.entries().len())? })
}

#[on_result(agent = "player")]
async fn hear(result: TaskResult<Played>, event: EventEnvelope, world: Watched) {
    let sum = result.into_result().map_or(NEVER, |played| played.sum);
    world.answers.add((event.id.to_string(), sum));
}

/// What outlives every process.
struct Earth {
    clock: Clock,
    broker: Arc<dyn Broker>,
    store: Arc<dyn Store>,
    world: Arc<World>,
}

impl Earth {
    fn new() -> Self {
        let clock = Clock::simulated();
        Self {
            broker: Arc::new(MemoryBroker::new(clock.clone())),
            store: Arc::new(MemoryStore::new(clock.clone())),
            clock,
            world: Arc::default(),
        }
    }

    fn app(&self) -> AppBuilder {
        App::builder("player")
            .handlers(handlers![add, play, play_later, added, guess, hear])
            .state(self.world.clone())
    }

    async fn process(&self, fuse: &Arc<Fuse>) -> TestApp {
        let broker = Arc::new(FusedBroker::new(self.broker.clone(), fuse.clone()));
        let store = Arc::new(FusedStore::new(self.store.clone(), fuse.clone()));
        TestBed::with(broker, store, self.clock.clone()).start(self.app()).await.unwrap()
    }
}

impl Script {
    /// Asks for it.
    async fn request(self, app: &TestApp) {
        let bus = app.bus();
        let requested = match self {
            Self::Deferred => bus.request(PlayLater { numbers: vec![1, 20] }).await,
            Self::Expiring => return self.request_that_expires(app).await,
            Self::Recorded => bus.request(Guess {}).await,
            script => bus.request(Play { script }).await,
        };
        requested.unwrap();
    }

    async fn request_that_expires(self, app: &TestApp) {
        let now = app.clock().timestamp();
        let draft = EventDraft::of(&PlayLater { numbers: vec![] }).unwrap();
        let expectation = Expectation {
            event: "script.played".into(),
            topic: ActionResults,
            to: Address::Group("player".into()),
            expires_at: Some(Timestamp::from(SystemTime::from(now) + Duration::from_secs(600))),
            schema_name: None,
        };
        let request = lineage::request(EventEnvelope::root("player", draft, now), expectation);
        let publication = Publication::new(Arc::new(request), Address::Everyone);
        app.broker().publish(vec![publication]).await.remove(0).unwrap();
    }

    /// Its sum, how much it delegates, and how many steps it has.
    fn expected(self) -> (i64, usize, usize) {
        match self {
            Self::Mixed => (3, 1, 1),
            Self::Parallel => (211, 3, 1),
            Self::Twice => (3, 2, 0),
            Self::Step => (7, 0, 1),
            Self::Deferred => (21, 2, 0),
            Self::Expiring => (NEVER, 0, 0),
            Self::Recorded => (1, 0, 1),
        }
    }
}

const LEASE: Duration = Duration::from_secs(31);
const SLEEP: Duration = Duration::from_secs(601);

/// A run of a script in a process that dies; false where the script ended before it could.
async fn run(script: Script, at: usize, side: Side, seed: u64) -> bool {
    let earth = Earth::new();
    let fuse = Fuse::new(at, side, seed);
    let first = earth.process(&fuse).await;
    script.request(&first).await;
    fuse.arm();
    let whole = async {
        first.settle().await.unwrap();
        first.advance(SLEEP).await;
        first.settle().await.unwrap();
    };
    tokio::select! {
        () = fuse.blown() => {}
        () = whole => {}
    }
    let died = fuse.is_blown();
    first.kill();
    let second = earth.process(&Fuse::never()).await;
    for pause in [LEASE, LEASE, SLEEP, LEASE] {
        second.advance(pause).await;
    }
    let backlog = second.backlog().await.unwrap();
    assert_eq!((backlog.total(), backlog.scheduled), (0, 0), "{backlog:?}");

    let (sum, delegations, steps) = script.expected();
    let World { added, keys, guesses, answers } = &*earth.world;
    let answers: BTreeSet<_> = answers.entries().into_iter().collect();
    // Where the process died before it had recorded the first one, the second one counts.
    let sum = if script == Script::Recorded && died { guesses.entries().len() as i64 } else { sum };
    assert_eq!(answers.iter().map(|(_, sum)| *sum).collect::<Vec<_>>(), [sum], "one answer");
    for (log, expected) in [(added.entries(), delegations), (keys.entries(), steps)] {
        let distinct: BTreeSet<_> = log.iter().collect();
        assert_eq!(distinct.len(), expected, "{log:?}");
        let most = if died { 2 } else { 1 };
        assert!(
            distinct.iter().all(|one| log.iter().filter(|other| other == one).count() <= most),
            "{log:?}"
        );
    }
    let letters = second.dead_letters().await.unwrap();
    assert!(letters.is_empty(), "{letters:#?}");
    let journal = || async {
        let [tasks, outputs] = ["tasks", "outputs"].map(|root| Key::from([root]));
        [earth.store.list(&tasks).await.unwrap(), earth.store.list(&outputs).await.unwrap()].concat()
    };
    let left = journal().await;
    // That the task is done, and what it returned, where it could not be told any more that the request is acknowledged.
    let most = if script == Script::Recorded { 2 } else { 1 };
    assert!(left.len() <= most * usize::from(died), "{left:?}");
    second.shutdown().await;
    earth.clock.advance(Duration::from_secs(8 * 86_400)).await;
    assert_eq!(journal().await, [], "and that not for ever");
    died
}

async fn every_point(script: Script) {
    let runs = std::env::var("SOORMA_CRASH_RUNS").map_or(1, |runs| runs.parse().unwrap());
    let mut points = 0;
    for seed in 0..runs {
        for side in [Side::Before, Side::After] {
            for at in 0.. {
                println!("{script:?}: effect {at}, {side:?}, seed {seed}");
                if !run(script, at, side, seed).await {
                    break;
                }
                points += 1;
            }
        }
    }
    println!("{script:?}: {points} deaths");
    assert!(points > 6 * runs, "it died {points} times");
}

#[tokio::test]
async fn one_delegation_one_step_one_sleep() {
    every_point(Script::Mixed).await;
}

#[tokio::test]
async fn three_delegations_at_once() {
    every_point(Script::Parallel).await;
}

#[tokio::test]
async fn suspended_and_woken_twice() {
    every_point(Script::Twice).await;
}

#[tokio::test]
async fn a_step_and_no_suspension() {
    every_point(Script::Step).await;
}

#[tokio::test]
async fn deferred_and_answered_by_the_second_result() {
    every_point(Script::Deferred).await;
}

#[tokio::test]
async fn deferred_and_never_answered() {
    every_point(Script::Expiring).await;
}

#[tokio::test]
async fn outputs_that_are_recorded() {
    every_point(Script::Recorded).await;
}
