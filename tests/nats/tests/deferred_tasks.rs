//! Deferred tasks on a real server: every instance goes away while results arrive, and others answer.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use soorma::{Deferred, Running, connect, handlers, prelude::*, store::Key};
use soorma_nats_tests::NatsServer;
use soorma_tests::{Add, Log, Sum};

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "work.requested", response = Worked)]
struct Work {
    number: i64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "work.done")]
struct Worked {
    number: i64,
    sum: i64,
}

/// How many results each task waits for.
const PARTS: usize = 5;

#[derive(Debug, Default)]
struct World {
    deferred: Log<i64>,
    added: Log<String>,
    /// Id of the answer, number of the task, sum.
    answers: Log<(String, i64, i64)>,
}

type Watched = State<Arc<World>>;

#[on_task(agent = "adder")]
async fn add(task: Task<Add>, world: Watched) -> Sum {
    world.added.add(task.envelope().id.to_string());
    Sum { sum: task.a + task.b }
}

#[on_task(agent = "worker")]
async fn work(task: Task<Work>, world: Watched) -> anyhow::Result<Deferred<Worked>> {
    let deferred = task.defer(&Vec::<i64>::new()).await?;
    for part in 0..PARTS {
        deferred.request(Add { a: task.number, b: part.try_into()? }).await?;
    }
    world.deferred.add(task.number);
    Ok(deferred)
}

#[on_result(agent = "worker")]
async fn added(result: TaskResult<Sum>) -> anyhow::Result<()> {
    let Some(task) = result.task::<Work>().await? else { return Ok(()) };
    let sum = result.into_result()?.sum;
    let sums = task.update(|sums: &mut Vec<i64>| sums.push(sum)).await?;
    if sums.len() == PARTS {
        task.complete(Worked { number: task.number, sum: sums.iter().sum() }).await?;
    }
    Ok(())
}

#[on_result(agent = "worker")]
async fn hear(result: TaskResult<Worked>, event: EventEnvelope, world: Watched) -> anyhow::Result<()> {
    let worked = result.into_result()?;
    world.answers.add((event.id.to_string(), worked.number, worked.sum));
    Ok(())
}

async fn start(url: &str, agent: &str, world: &Arc<World>) -> Running {
    let app = App::builder("worker").broker_url(url).agents([agent]);
    app.handlers(handlers![add, work, added, hear]).state(world.clone()).start().await.unwrap()
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_that_arrive_while_nobody_is_there_answer_each_task_once() {
    const TASKS: usize = 20;
    let server = NatsServer::start().unwrap();
    let world = Arc::<World>::default();

    let before = [start(&server.url(), "worker", &world).await, start(&server.url(), "worker", &world).await];
    for number in 0..TASKS {
        before[0].bus().request(Work { number: number.try_into().unwrap() }).await.unwrap();
    }
    until("all are deferred", async || world.deferred.entries().len() >= TASKS).await;
    for app in before {
        app.shutdown().await;
    }

    let adder = start(&server.url(), "adder", &world).await;
    until("all parts are done", async || world.added.entries().len() >= TASKS * PARTS).await;
    adder.shutdown().await;
    assert_eq!(world.answers.entries(), [], "there was nobody to answer");

    let after = [start(&server.url(), "worker", &world).await, start(&server.url(), "worker", &world).await];
    let (_broker, store) = connect::both(&server.url(), &soorma::Clock::system()).await.unwrap();
    let answers = || world.answers.entries().into_iter().collect::<BTreeSet<_>>();
    until("all are answered, and nothing is left", async || {
        answers().len() >= TASKS && store.list(&Key::from(["tasks"])).await.unwrap().is_empty()
    })
    .await;
    for app in after {
        app.shutdown().await;
    }
    let parts: i64 = (0..PARTS).map(|part| i64::try_from(part).unwrap()).sum();
    let sums: Vec<(i64, i64)> = answers().into_iter().map(|(_, number, sum)| (number, sum)).collect();
    let expected: BTreeSet<(i64, i64)> = (0..TASKS)
        .map(|number| i64::try_from(number).unwrap())
        .map(|number| (number, number * 5 + parts))
        .collect();
    assert_eq!(sums.len(), TASKS, "one answer each");
    assert_eq!(sums.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(world.deferred.entries().len(), TASKS, "each function ran once");
}
