//! Three servers with replicated streams, and each of them killed in its turn while events are published and handled.

#![allow(clippy::unwrap_used)]

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_nats::jetstream;
use serde_json::{Value, json};
use soorma::{Clock, handlers, prelude::*, store::Key};
use soorma_nats_tests::NatsCluster;
use soorma_tests::{Happened, Log};
use tokio::task::block_in_place;

const STREAM: &str = "soorma_business-facts";

type Handled = Arc<Log<u32>>;

/// So many more are handled before a server is killed, and again while it is away.
const A_FEW: usize = 100;

#[on_event(from = "start")]
async fn handle(happened: Event<Happened>, handled: State<Handled>) {
    handled.add(happened.number);
}

#[on_event(from = "start", ordered, name = "in-order")]
async fn handle_in_order(happened: Event<Happened>, ordered: State<Arc<Ordered>>) {
    ordered.0.add(happened.number);
}

/// What came in the order of its key.
#[derive(Default)]
struct Ordered(Log<u32>);

/// Waits until this many are there; fails where nothing comes for too long.
async fn reaches(what: &str, count: usize, so_far: impl Fn() -> usize) {
    let (mut last, mut deadline) = (0, Instant::now() + Duration::from_secs(60));
    while so_far() < count {
        if so_far() > last {
            (last, deadline) = (so_far(), Instant::now() + Duration::from_secs(60));
        }
        assert!(Instant::now() < deadline, "{what}: {last} of {count}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Who leads what: asked of whoever answers.
struct Leaders(jetstream::Context);

impl Leaders {
    /// The numbers of the servers that lead the stream, and its consumers.
    async fn now(&self) -> (usize, Vec<usize>) {
        let leader = |info: &Value| -> Option<usize> {
            info["cluster"]["leader"].as_str()?.strip_prefix('s')?.parse().ok()
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let stream: Value =
                self.0.request(format!("STREAM.INFO.{STREAM}"), &json!({})).await.unwrap_or_default();
            let list: Value =
                self.0.request(format!("CONSUMER.LIST.{STREAM}"), &json!({})).await.unwrap_or_default();
            let consumers = list["consumers"].as_array().cloned().unwrap_or_default();
            let of_consumers: Option<Vec<usize>> = consumers.iter().map(leader).collect();
            match (leader(&stream), of_consumers) {
                // One, and seventeen of the ordered one.
                (Some(stream), Some(consumers)) if consumers.len() == 18 => return (stream, consumers),
                _ => assert!(Instant::now() < deadline, "no leaders: {stream} {list}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_accepted_is_lost_whichever_of_three_servers_is_killed_the_leaders_first() {
    let mut cluster = block_in_place(|| NatsCluster::start(3)).unwrap();
    let url = format!("{}?replicas=3", cluster.url());
    let (handled, ordered) = (Handled::default(), Arc::<Ordered>::default());
    let app = App::builder("reader").broker_url(&url).handlers(handlers![handle, handle_in_order]);
    let app = app.state(handled.clone()).state(ordered.clone()).start().await.unwrap();
    let (broker, store) = soorma::connect::both(&url, &Clock::system()).await.unwrap();
    let key = Key::from(["a"]);
    store.put(&key, b"1".to_vec(), None).await.unwrap();

    let (bus, enough) = (app.bus(), Arc::<AtomicBool>::default());
    let publishing = tokio::spawn({
        let enough = enough.clone();
        async move {
            let mut accepted = Vec::new();
            for number in 0.. {
                if enough.load(Ordering::Relaxed) {
                    break;
                }
                let happened = Happened { number, key: (number % 7).to_string() };
                let published = bus.publish(happened).await.unwrap();
                assert!(accepted.last().is_none_or(|last| *last < published.sequence));
                accepted.push(published.sequence);
            }
            accepted
        }
    });

    let count = || handled.entries().len();
    let servers = cluster.url();
    let leaders = Leaders(jetstream::new(
        async_nats::ConnectOptions::new()
            .connect(servers.trim_start_matches("nats://").split(',').collect::<Vec<_>>())
            .await
            .unwrap(),
    ));
    let mut killed = Vec::new();
    while killed.len() < 2 || (0..3).any(|server| !killed.contains(&server)) {
        reaches("before a server is killed", count() + A_FEW, count).await;
        let (of_stream, of_consumers) = leaders.now().await;
        let next = match killed.len() {
            0 => of_stream,
            1 => of_consumers[0],
            _ => (0..3).find(|server| !killed.contains(server)).unwrap(),
        };
        eprintln!("killing {next}: {of_stream} leads the stream, {of_consumers:?} its consumers");
        killed.push(next);
        cluster.servers[next].kill();
        reaches("while a server is away", count() + A_FEW, count).await;
        block_in_place(|| {
            cluster.servers[next].run()?;
            cluster.wait_until_whole()
        })
        .unwrap();
    }
    enough.store(true, Ordering::Relaxed);
    let accepted = publishing.await.unwrap();

    let all: HashSet<u32> = (0..u32::try_from(accepted.len()).unwrap()).collect();
    let distinct = |log: &Log<u32>| -> HashSet<u32> { log.entries().into_iter().collect() };
    reaches("handled", all.len(), || distinct(&handled).len()).await;
    reaches("handled in order", all.len(), || distinct(&ordered.0).len()).await;
    assert_eq!((distinct(&handled), distinct(&ordered.0)), (all.clone(), all));
    for key in 0..7 {
        let mut of_key: Vec<u32> = ordered.0.entries();
        of_key.retain(|number| number % 7 == key);
        // One that came twice may come again behind later ones.
        let mut seen = HashSet::new();
        of_key.retain(|number| seen.insert(*number));
        assert!(of_key.is_sorted(), "of key {key}");
    }
    let entry = store.get(&key).await.unwrap().unwrap();
    assert_eq!(entry.value, b"1");
    store.compare_and_set(&key, entry.revision, b"2".to_vec(), None).await.unwrap();
    assert!(broker.health().await.is_ok());
    assert!(broker.dead_letters().list(9).await.unwrap().is_empty());
    app.shutdown().await;
}
