//! Whole apps on a real server.

#![allow(clippy::unwrap_used)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use soorma::{Client, Running, broker::DeadLetterReason, handlers, prelude::*};
use soorma_nats_tests::NatsServer;
use soorma_tests::{Add, Attempt, Happened, Log, Noted, Sum};

type Attempts = Log<(u32, u32)>;

/// What was on its way to a member when the server was killed comes again when its lease of 30 s ends.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn start(url: &str, handlers: soorma::Handlers, log: &Arc<Attempts>) -> Running {
    App::builder("tester").broker_url(url).handlers(handlers).state(log.clone()).start().await.unwrap()
}

#[on_task]
async fn add(task: Task<Add>) -> Sum {
    Sum { sum: task.a + task.b }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_ask_at_once_and_each_gets_its_own_answer() {
    let server = NatsServer::start().unwrap();
    let log = Arc::default();
    let worker = start(&server.url(), handlers![add], &log).await;
    let client = Arc::new(Client::connect(&server.url(), "asker").await.unwrap());
    let mut tasks = Vec::new();
    for n in 0..100 {
        let client = client.clone();
        tasks.push(tokio::spawn(async move { (n, client.ask(Add { a: n, b: 1 }).await.unwrap().sum) }));
    }
    for task in tasks {
        let (n, sum) = task.await.unwrap();
        assert_eq!(sum, n + 1);
    }
    worker.shutdown().await;
}

#[on_event(from = "start", retry(max = 3, backoff = "200ms..1s"))]
async fn always_fails(
    thing: Event<Happened>,
    attempt: Attempt,
    log: State<Arc<Attempts>>,
) -> anyhow::Result<Noted> {
    log.add((thing.number, attempt.0));
    anyhow::bail!("attempt {} fails", attempt.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_counted_over_instances_and_restarts_of_the_server_and_end_in_one_dead_letter() {
    let mut server = NatsServer::start().unwrap();
    let log = Arc::default();
    let one = start(&server.url(), handlers![always_fails], &log).await;
    let two = start(&server.url(), handlers![always_fails], &log).await;
    let bus = one.bus();
    for number in 0..20 {
        bus.publish(Happened::number(number)).await.unwrap();
    }
    tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_millis(150));
        server.kill();
        server.run().unwrap();
        server
    })
    .await
    .map(|server| async move {
        let broker = soorma::connect::broker(&server.url(), &soorma::Clock::system()).await.unwrap();
        until("every event is given up", async || {
            broker.dead_letters().list(99).await.is_ok_and(|letters| letters.len() >= 20)
        })
        .await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let letters = broker.dead_letters().list(99).await.unwrap();
        assert_eq!(letters.len(), 20);
        for letter in letters {
            assert_eq!((letter.attempts, letter.reason), (3, DeadLetterReason::AttemptsExhausted));
            assert_eq!(letter.first_errors, ["attempt 1 fails"]);
            assert_eq!(letter.errors, ["attempt 3 fails"]);
            assert!(letter.handler.ends_with("always_fails"));
        }
        server
    })
    .unwrap()
    .await;
    for number in 0..20 {
        let mut attempts: Vec<u32> =
            log.entries().into_iter().filter(|(of, _)| *of == number).map(|(_, attempt)| attempt).collect();
        attempts.dedup();
        assert_eq!(attempts, [1, 2, 3], "of {number}");
    }
    drop((one, two));
}

#[on_event(from = "start", ordered, concurrency = 8)]
async fn in_order(thing: Event<Happened>, attempt: Attempt, log: State<Arc<Attempts>>) -> anyhow::Result<()> {
    if thing.number.is_multiple_of(5) && attempt.0 == 1 {
        anyhow::bail!("the first time it fails");
    }
    log.add((thing.key.parse()?, thing.number));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_key_are_handled_in_order_also_when_an_instance_drains_in_the_middle() {
    let server = NatsServer::start().unwrap();
    let log: Arc<Attempts> = Arc::default();
    let one = start(&server.url(), handlers![in_order], &log).await;
    let two = start(&server.url(), handlers![in_order], &log).await;
    for number in 0..30 {
        for key in 0..4 {
            let key = format!("{key}");
            one.bus().publish(Happened { number, key }).await.unwrap();
        }
    }
    until("some are handled", async || log.entries().len() > 20).await;
    assert_eq!(two.shutdown().await.abandoned, 0);
    until("all are handled", async || log.entries().len() >= 120).await;
    for key in 0..4 {
        let numbers: Vec<u32> =
            log.entries().into_iter().filter(|(of, _)| *of == key).map(|(_, number)| number).collect();
        assert_eq!(numbers, (0..30).collect::<Vec<_>>(), "of key {key}");
    }
    one.shutdown().await;
}

/// Asks for more than one attempt would need, were the missing room counted as one.
#[on_event(topic = ActionRequests, retry(max = 1, backoff = "100ms..500ms"))]
async fn notes_a_request(request: Event<Add>, attempt: Attempt, log: State<Arc<Attempts>>) -> Noted {
    log.add((0, attempt.0));
    Noted { number: u32::try_from(request.a).unwrap(), note: String::new() }
}

#[on_event(topic = ActionRequests, name = "by-hand", retry(max = 1, backoff = "100ms..500ms"))]
async fn notes_by_hand(
    request: Event<Add>,
    attempt: Attempt,
    bus: Bus,
    log: State<Arc<Attempts>>,
) -> anyhow::Result<()> {
    log.add((1, attempt.0));
    bus.publish(Noted { number: u32::try_from(request.a)?, note: String::new() }).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_handler_publishes_waits_for_room_and_costs_no_attempt() {
    let server = NatsServer::start().unwrap();
    let url = server.url_with("max_events=3");
    let log = Arc::default();
    let app = start(&url, handlers![notes_a_request, notes_by_hand], &log).await;
    for number in 0..3 {
        app.bus().publish(Happened::number(number)).await.unwrap();
    }
    app.bus().request(Add { a: 7, b: 0 }).await.unwrap();
    until("each is tried again and again", async || {
        let runs = log.entries();
        (0..2).all(|handler| runs.iter().filter(|(of, _)| *of == handler).count() > 4)
    })
    .await;
    let broker = soorma::connect::broker(&url, &soorma::Clock::system()).await.unwrap();
    assert!(broker.dead_letters().list(9).await.unwrap().is_empty());
    let jetstream = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let stream = jetstream.get_stream("soorma_business-facts").await.unwrap();
    stream.purge().await.unwrap();
    until("both have room", async || {
        let info = stream.get_info().await.unwrap();
        info.state.messages == 2
    })
    .await;
    assert!(log.entries().iter().all(|(_, attempt)| *attempt == 1), "{:?}", log.entries());
    assert!(broker.dead_letters().list(9).await.unwrap().is_empty());
    app.shutdown().await;
}
