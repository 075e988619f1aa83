//! The store on a real server: the suite of all stores, and what only a server can do.

#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use soorma::{
    Clock,
    store::{Key, Store, StoreError, conformance},
};
use soorma_nats_tests::NatsServer;

async fn open(url: &str) -> Arc<dyn Store> {
    soorma::connect::store(url, &Clock::system()).await.unwrap()
}

#[tokio::test]
async fn it_passes_the_suite() {
    let server = NatsServer::start().unwrap();
    let store = open(&server.url()).await;
    let mut tasks = Vec::new();
    for case in conformance::CASES {
        let store = store.clone();
        tasks.push((case.name, tokio::spawn(async move { case.run(&store, &Clock::system()).await })));
    }
    for (name, task) in tasks {
        if let Err(error) = task.await.unwrap() {
            panic!("{name}: {error}");
        }
    }
}

#[tokio::test]
async fn what_was_written_and_who_watches_survive_a_server_that_is_killed() {
    let mut server = NatsServer::start().unwrap();
    let store = open(&server.url()).await;
    let key = Key::from(["a", "b"]);
    let revision = store.put(&key, b"1".to_vec(), None).await.unwrap();
    let mut watch = store.watch(&Key::from(["a"])).await.unwrap().changes;
    let writes = {
        let (store, key) = (store.clone(), key.clone());
        tokio::spawn(async move { store.compare_and_set(&key, revision, b"2".to_vec(), None).await })
    };
    server.kill();
    server.run().unwrap();
    writes.await.unwrap().unwrap();
    assert_eq!(store.get(&key).await.unwrap().unwrap().value, b"2");
    let change = tokio::time::timeout(Duration::from_secs(20), watch.next()).await.unwrap().unwrap();
    assert_eq!((change.key, change.entry.unwrap().value), (key.clone(), b"2".to_vec()));
    server.stop().unwrap();
    let away = tokio::time::timeout(Duration::from_secs(15), store.get(&key)).await.unwrap();
    assert!(matches!(away, Err(StoreError::Unavailable(_))), "{away:?}");
}

#[tokio::test]
async fn namespaces_are_apart_and_a_value_that_is_too_large_is_refused() {
    let server = NatsServer::start().unwrap();
    let (one, two) =
        (open(&server.url_with("namespace=one")).await, open(&server.url_with("namespace=two")).await);
    let key = Key::from(["a"]);
    one.put(&key, b"1".to_vec(), None).await.unwrap();
    assert_eq!(two.get(&key).await.unwrap(), None);
    let refused = one.put(&key, vec![0; 2_000_000], None).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    assert_eq!(one.get(&key).await.unwrap().unwrap().value, b"1");
}
