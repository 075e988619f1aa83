//! What somebody puts into the server with a plain client, before a whole app: which handlers run, how often, and what
//! becomes of the rest.

#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use async_nats::jetstream;
use serde_json::{Value, json};
use soorma::{
    BusError, Clock, EventDraft, Timestamp,
    broker::{Broker, DeadLetter, DeadLetterReason, PublishError},
    handlers,
    prelude::*,
};
use soorma_nats_tests::{NatsServer, NatsServerOptions};
use soorma_tests::{Happened, Log};

type Calls = Arc<Log<(&'static str, String)>>;

#[on_event(from = "start")]
async fn typed(happened: Event<Happened>, calls: State<Calls>) {
    calls.add(("typed", happened.number.to_string()));
}

#[on_event(topic = BusinessFacts, event_type = ">", from = "start")]
async fn untyped(event: EventEnvelope, calls: State<Calls>) {
    calls.add(("untyped", event.data.get().len().to_string()));
}

/// An event with this data, as somebody may write it.
fn event(data: &str) -> Vec<u8> {
    let draft = EventDraft::new(BusinessFacts, "thing.happened", &json!("HERE")).unwrap();
    let event = serde_json::to_string(&EventEnvelope::root("somebody", draft, Timestamp::now())).unwrap();
    event.replace("\"HERE\"", data).into_bytes()
}

fn nested(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

struct Intruder {
    context: jetstream::Context,
    broker: Arc<dyn Broker>,
}

impl Intruder {
    async fn at(server: &NatsServer) -> Self {
        let context = jetstream::new(async_nats::connect(server.url()).await.unwrap());
        let broker = soorma::connect::broker(&server.url(), &Clock::system()).await.unwrap();
        Self { context, broker }
    }

    async fn put(&self, bytes: Vec<u8>) {
        let subject = "soorma.business-facts._._.thing.happened";
        self.context.publish(subject, bytes.into()).await.unwrap().await.unwrap();
    }

    /// Waits until every delivery is settled; what each consumer was delivered, in all.
    async fn settled(&self) -> Vec<u64> {
        let endpoint = "CONSUMER.LIST.soorma_business-facts";
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            let list: Value = self.context.request(endpoint, &json!({})).await.unwrap();
            let consumers = list["consumers"].as_array().unwrap();
            let count = |of: &Value, name: &str| of[name].as_u64().unwrap();
            if consumers.iter().all(|one| count(one, "num_pending") + count(one, "num_ack_pending") == 0) {
                return consumers.iter().map(|one| count(&one["delivered"], "consumer_seq")).collect();
            }
            assert!(tokio::time::Instant::now() < deadline, "not settled: {list}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn letters(&self, of: &str) -> Vec<DeadLetter> {
        let mut letters = self.broker.dead_letters().list(99).await.unwrap();
        letters.retain(|letter| letter.subscription.pattern == of);
        letters
    }
}

async fn start(server: &NatsServer) -> (soorma::Running, Calls) {
    let calls = Calls::default();
    let app = App::builder("reader").broker_url(server.url()).handlers(handlers![typed, untyped]);
    (app.state(calls.clone()).start().await.unwrap(), calls)
}

fn called(calls: &Calls, handler: &str) -> Vec<String> {
    calls.entries().into_iter().filter(|(by, _)| *by == handler).map(|(_, what)| what).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_thing_is_delivered_once_runs_nobody_whom_it_does_not_fit_and_the_next_event_is_handled() {
    use DeadLetterReason::{Malformed, Misrouted, Undecodable};
    let server = NatsServer::start().unwrap();
    let (app, calls) = start(&server).await;
    let intruder = Intruder::at(&server).await;
    let other = String::from_utf8(event("1")).unwrap().replace("thing.happened", "thing.other");
    let bad = [
        (b"no json".to_vec(), Malformed),
        (Vec::new(), Malformed),
        (b"{\"a\": 1}".to_vec(), Malformed),
        (b"\xff\xfe".to_vec(), Malformed),
        (vec![b'x'; 1024 * 1024 - 100], Malformed),
        (other.into_bytes(), Misrouted),
        // These are events, and fit only who takes any.
        (event("null"), Undecodable),
        (event("{\"number\": \"seven\"}"), Undecodable),
        (event(&nested(200)), Undecodable),
        (event(&format!("{{\"number\": 1, \"key\": {}}}", nested(200))), Undecodable),
    ];
    for (bytes, _) in &bad {
        intruder.put(bytes.clone()).await;
    }
    app.bus().publish(Happened::number(7)).await.unwrap();
    assert_eq!(intruder.settled().await, [11, 11], "a delivery each, to each of the two");
    assert_eq!(called(&calls, "typed"), ["7"]);
    assert_eq!(called(&calls, "untyped").len(), 5);
    let reasons = |letters: Vec<DeadLetter>| -> Vec<DeadLetterReason> {
        let mut letters = letters;
        letters.sort_by_key(|letter| letter.sequence);
        letters.iter().map(|letter| letter.reason).collect()
    };
    let expected: Vec<DeadLetterReason> = bad.iter().map(|(_, reason)| *reason).collect();
    assert_eq!(reasons(intruder.letters("thing.happened").await), expected);
    assert_eq!(reasons(intruder.letters(">").await), expected[..6]);
    assert_eq!(app.shutdown().await, soorma::Shutdown::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_server_takes_more_two_megabytes_are_an_event_like_any_other() {
    let configuration = "max_payload: 8MB\n".to_owned();
    let server = NatsServer::with(NatsServerOptions { configuration, ..Default::default() }).unwrap();
    let (app, calls) = start(&server).await;
    let intruder = Intruder::at(&server).await;
    let limit = 8 * 1024 * 1024 - 64 * 1024;
    assert_eq!(intruder.broker.capabilities().largest_event, Some(limit));
    intruder.put(vec![b'x'; 2_000_000]).await;
    intruder.put(vec![b'x'; 8 * 1024 * 1024 - 100]).await;
    let quoted = |bytes: usize| "x".repeat(bytes - 2);
    // It is an event, and fits only one of the two.
    intruder.put(event(&format!("\"{}\"", quoted(8 * 1024 * 1024 - 1024)))).await;
    let bus = app.bus();
    for bytes in [2_000_000, limit] {
        bus.event(BusinessFacts, "thing.other").data(quoted(bytes)).publish().await.unwrap();
    }
    let refused = bus.event(BusinessFacts, "thing.other").data(quoted(limit + 1)).publish().await;
    assert!(
        matches!(&refused, Err(BusError::Publish { source: PublishError::TooLarge { bytes, limit: at }, .. }) if *bytes == at + 1),
        "{refused:?}"
    );
    bus.publish(Happened::number(7)).await.unwrap();
    let mut delivered = intruder.settled().await;
    delivered.sort_unstable();
    assert_eq!(delivered, [4, 6]);
    assert_eq!(called(&calls, "typed"), ["7"]);
    assert_eq!(called(&calls, "untyped").len(), 4);
    assert_eq!(intruder.letters("thing.happened").await.len(), 3);
    assert_eq!(intruder.letters(">").await.len(), 2);
    app.shutdown().await;
}
