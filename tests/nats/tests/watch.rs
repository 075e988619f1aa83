//! Watching a bucket: what is done to it behind the watcher's back.

#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use soorma::{
    Clock,
    store::{Change, Key, Store, StoreError, Watch, Watched},
};
use soorma_nats_tests::NatsServer;

const STREAM: &str = "KV_soorma_store";

/// A store whose time the test moves, and the server's own API.
async fn open(server: &NatsServer) -> (Arc<dyn Store>, Clock, async_nats::Client) {
    open_by(Clock::simulated(), server).await
}

async fn open_by(clock: Clock, server: &NatsServer) -> (Arc<dyn Store>, Clock, async_nats::Client) {
    let store = soorma::connect::store(&server.url(), &clock).await.unwrap();
    (store, clock, async_nats::connect(server.url()).await.unwrap())
}

async fn api(client: &async_nats::Client, endpoint: &str, body: Value) -> Value {
    let answer = client.request(format!("$JS.API.{endpoint}"), body.to_string().into()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
    assert!(answer.get("error").is_none(), "{endpoint}: {answer}");
    answer
}

async fn delete_consumers(client: &async_nats::Client) {
    let names = api(client, &format!("CONSUMER.NAMES.{STREAM}"), json!({})).await;
    let names = names["consumers"].as_array().unwrap();
    assert!(!names.is_empty());
    for name in names {
        api(client, &format!("CONSUMER.DELETE.{STREAM}.{}", name.as_str().unwrap()), json!({})).await;
    }
}

/// The next word of a watch, while its time goes on.
async fn next(watch: &mut Box<dyn Watch>, clock: &Clock) -> Result<Change, StoreError> {
    let moves = async {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            clock.advance(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        change = tokio::time::timeout(Duration::from_secs(30), watch.next()) => change.unwrap(),
        () = moves => unreachable!(),
    }
}

fn value(n: u32) -> Vec<u8> {
    n.to_string().into_bytes()
}

#[tokio::test]
async fn a_watch_whose_consumer_was_deleted_goes_on() {
    let server = NatsServer::start().unwrap();
    let (store, clock, client) = open(&server).await;
    let root = Key::from(["a"]);
    store.put(&root.join("1"), value(1), None).await.unwrap();
    let Watched { entries, mut changes } = store.watch(&root).await.unwrap();
    assert_eq!(entries.len(), 1);
    delete_consumers(&client).await;
    store.put(&root.join("2"), value(2), None).await.unwrap();
    store.delete(&root.join("1")).await.unwrap();
    let change = next(&mut changes, &clock).await.unwrap();
    assert_eq!((change.key, change.entry.unwrap().value), (root.join("2"), value(2)));
    let change = next(&mut changes, &clock).await.unwrap();
    assert_eq!((change.key, change.entry), (root.join("1"), None));
}

#[tokio::test]
async fn a_watch_of_a_bucket_that_was_made_anew_ends_and_does_not_wait_for_its_old_revisions() {
    let server = NatsServer::start().unwrap();
    let (store, clock, client) = open(&server).await;
    let root = Key::from(["a"]);
    for n in 0..100 {
        store.put(&root.join(n.to_string()), value(n), None).await.unwrap();
    }
    let mut watch = store.watch(&root).await.unwrap().changes;
    api(&client, &format!("STREAM.DELETE.{STREAM}"), json!({})).await;
    let (other, ..) = open(&server).await;
    other.put(&root.join("new"), value(1), None).await.unwrap();
    for _ in 0..2 {
        let ended = next(&mut watch, &clock).await;
        assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    }
    let entries = store.watch(&root).await.unwrap().entries;
    assert_eq!(entries.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>(), [root.join("new")]);
}

#[tokio::test]
async fn a_watch_that_was_away_for_longer_than_the_trace_of_a_deletion_ends() {
    let server = NatsServer::start().unwrap();
    let (store, clock, client) = open(&server).await;
    let root = Key::from(["a"]);
    store.put(&root.join("1"), value(1), None).await.unwrap();
    let mut watch = store.watch(&root).await.unwrap().changes;
    delete_consumers(&client).await;
    store.delete(&root.join("1")).await.unwrap();
    // As if an hour had passed, and the trace of the deletion with it.
    api(&client, &format!("STREAM.PURGE.{STREAM}"), json!({})).await;
    clock.advance(Duration::from_secs(3600)).await;
    let ended = next(&mut watch, &clock).await;
    assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
}

#[tokio::test]
async fn a_watch_that_looks_away_sees_the_newest_of_every_key_however_many() {
    const MANY: u32 = 100_000;
    let server = NatsServer::start().unwrap();
    let (store, clock, client) = open_by(Clock::system(), &server).await;
    let root = Key::from(["a"]);
    let mut watch = store.watch(&root).await.unwrap().changes;
    for n in 0..MANY {
        client.publish(format!("$KV.soorma_store.a.{n}"), value(n).into()).await.unwrap();
    }
    client.flush().await.unwrap();
    let last = root.join((MANY - 1).to_string());
    let stored = async {
        while store.get(&last).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), stored).await.unwrap();
    let mut seen = 0;
    loop {
        let change = next(&mut watch, &clock).await.unwrap();
        seen += 1;
        if change.key == last {
            break;
        }
    }
    assert_eq!(seen, MANY);
}
