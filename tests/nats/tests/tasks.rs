//! Durable tasks on a real server, by two instances that race for each of them.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use soorma::{Running, connect, handlers, prelude::*, store::Key};
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

#[derive(Debug, Default)]
struct World {
    keys: Log<String>,
    answers: Log<(String, i64, i64)>,
}

type Watched = State<Arc<World>>;

#[on_task(agent = "twice")]
async fn answers_twice(task: Task<Add>, bus: Bus) -> anyhow::Result<Sum> {
    bus.respond(task.envelope(), Sum { sum: 1 }).await?;
    Ok(Sum { sum: 2 })
}

#[on_task(agent = "worker")]
async fn work(task: Task<Work>, world: Watched) -> anyhow::Result<Worked> {
    let sum = task.delegate(Add { a: 1, b: 1 }).await?.sum;
    let step = task.step("note", |key| {
        world.keys.add(key);
        async move { anyhow::Ok(sum) }
    });
    let noted = step.await?;
    task.sleep(Duration::from_secs(1)).await?;
    Ok(Worked { number: task.number, sum: noted * 10 + sum })
}

#[on_result(agent = "worker")]
async fn hear(result: TaskResult<Worked>, event: EventEnvelope, world: Watched) -> anyhow::Result<()> {
    let worked = result.into_result()?;
    world.answers.add((event.id.to_string(), worked.number, worked.sum));
    Ok(())
}

async fn start(url: &str, world: &Arc<World>) -> Running {
    let app = App::builder("worker").broker_url(url).suspend_after(Duration::from_millis(5));
    let app = app.handlers(handlers![answers_twice, work, hear]).state(world.clone());
    app.start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_that_race_for_results_tasks_and_records_agree() {
    const TASKS: i64 = 100;
    let server = NatsServer::start().unwrap();
    let world = Arc::<World>::default();
    let apps = [start(&server.url(), &world).await, start(&server.url(), &world).await];
    for number in 0..TASKS {
        apps[0].bus().request(Work { number }).await.unwrap();
    }
    let (_broker, store) = connect::both(&server.url(), &soorma::Clock::system()).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let answers = || world.answers.entries().into_iter().collect::<BTreeSet<_>>();
    while answers().len() < 100 || !store.list(&Key::from(["tasks"])).await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "{} answers", answers().len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let numbers: Vec<i64> =
        answers().iter().map(|(_, number, _)| *number).collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(numbers, (0..TASKS).collect::<Vec<_>>(), "one answer each");
    assert_eq!(answers().len(), 100);
    // Of the two answers one counts, for both instances.
    assert!(answers().iter().all(|(_, _, sum)| [11, 22].contains(sum)), "{:?}", answers());
    let keys = world.keys.entries();
    assert_eq!((keys.len(), keys.iter().collect::<BTreeSet<_>>().len()), (100, 100), "each step once");
    for app in apps {
        app.shutdown().await;
    }
}
