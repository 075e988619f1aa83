//! That agents stand in the registry while they live, whatever the store does.

#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use soorma::{
    App, Clock, StartError,
    broker::memory::MemoryBroker,
    handlers,
    prelude::*,
    store::{Key, Store, memory::MemoryStore},
    testing::{TestApp, TestBed},
};
use soorma_tests::{Happened, Noted, stores::Severable};

const LEASE: Duration = Duration::from_secs(30);

#[on_event(agent = "writer")]
async fn note(thing: Event<Happened>) -> Noted {
    Noted { number: thing.number, note: String::new() }
}

/// Reads what is noted, and says at length what it does with it, which is nothing: it is here so that there is an agent
/// that says more of itself than the other one does.
#[on_event(agent = "reader")]
async fn read(_noted: Event<Noted>) {}

#[on_startup(agent = "writer")]
async fn fails() -> anyhow::Result<()> {
    anyhow::bail!("it cannot begin")
}

fn agents() -> soorma::AppBuilder {
    App::builder("both").handlers(handlers![note, read]).lease(LEASE)
}

fn severable() -> (Arc<Severable>, TestBed) {
    let clock = Clock::simulated();
    let store = Arc::new(Severable::new(Arc::new(MemoryStore::new(clock.clone()))));
    let bed = TestBed::with(Arc::new(MemoryBroker::new(clock.clone())), store.clone(), clock);
    (store, bed)
}

async fn names(app: &TestApp) -> Vec<String> {
    app.advance(Duration::ZERO).await;
    let catalogue = app.registry().catalogue().await.unwrap();
    catalogue.agents().map(|agent| agent.name.clone()).collect()
}

async fn registered(store: &dyn Store) -> usize {
    store.list(&Key::from(["registry", "agents"])).await.unwrap().len()
}

#[tokio::test]
async fn a_lease_that_is_renewed_is_no_change_and_what_was_before_is_no_news() {
    let bed = TestBed::new();
    let app = bed.start(agents()).await.unwrap();
    assert_eq!(names(&app).await, ["reader", "writer"]);
    let other = bed.start(App::builder("other").handlers(handlers![note]).agents(["writer"])).await.unwrap();
    assert_eq!(names(&app).await.len(), 3);
    let mut watch = app.registry().watch().await.unwrap();
    let none = tokio::time::timeout(Duration::ZERO, watch.next()).await;
    assert!(none.is_err(), "it was there before");
    let before = app.registry().catalogue().await.unwrap();
    app.advance(LEASE * 100).await;
    let none = tokio::time::timeout(Duration::ZERO, watch.next()).await;
    assert!(none.is_err(), "nothing has changed");
    let after = app.registry().catalogue().await.unwrap();
    assert!(Arc::ptr_eq(&before, &after), "nor has it been copied");
    other.shutdown().await;
    assert_eq!(watch.next().await.unwrap().agents().count(), 2);
}

#[tokio::test]
async fn an_app_whose_start_fails_is_withdrawn() {
    let bed = TestBed::new();
    let looks = bed.start(App::builder("looks").handlers(handlers![read])).await.unwrap();
    let failed = bed.start(App::builder("fails").handlers(handlers![note, fails])).await;
    assert!(matches!(failed, Err(StartError::Hook { .. })), "{failed:?}");
    assert_eq!(names(&looks).await, ["reader"]);
}

#[tokio::test]
async fn a_store_that_never_answers_holds_up_the_start_for_ten_seconds_and_then_nothing() {
    let (store, bed) = severable();
    store.set_silent(true);
    let clock = bed.clock().clone();
    let begun = clock.now();
    let start = tokio::spawn({
        let bed = bed.clone();
        async move { bed.start(agents()).await }
    });
    clock.advance(Duration::from_secs(10)).await;
    let app = start.await.unwrap().unwrap();
    assert_eq!(clock.now() - begun, Duration::from_secs(10));
    app.publish(Happened::number(1)).await.unwrap();
    clock.advance(LEASE * 3).await;

    // Also what was asked while it was silent holds nothing up for ever.
    store.set_silent(false);
    clock.advance(LEASE * 2).await;
    assert_eq!(names(&app).await, ["reader", "writer"]);
    assert_eq!(app.registry().catalogue().await.unwrap().events().count(), 2);
    store.set_silent(true);
    clock.advance(LEASE * 2).await;
    store.set_silent(false);
    assert_eq!(registered(&*store).await, 0, "its lease has ended");
    clock.advance(LEASE).await;
    assert_eq!(registered(&*store).await, 2);
}

#[tokio::test]
async fn an_agent_that_cannot_be_stored_does_not_keep_the_others_from_it() {
    let (store, bed) = severable();
    agents_of(&bed).await.shutdown().await;
    let app = agents_of(&bed).await;
    let mut sizes = Vec::new();
    for key in store.list(&Key::from(["registry", "agents"])).await.unwrap() {
        sizes.push(store.get(&key).await.unwrap().unwrap().value.len());
    }
    app.shutdown().await;
    let [reader, writer] = sizes[..] else { panic!("{sizes:?}") };
    assert!(reader > writer, "{sizes:?}");
    store.set_limit(writer);
    let app = agents_of(&bed).await;
    assert_eq!(names(&app).await, ["writer"]);
    app.advance(LEASE * 3).await;
    assert_eq!(names(&app).await, ["writer"]);
}

async fn agents_of(bed: &TestBed) -> TestApp {
    bed.start(agents()).await.unwrap()
}

#[tokio::test]
async fn a_store_that_was_lost_is_whole_again_within_the_lease() {
    let bed = TestBed::new();
    let app = agents_of(&bed).await;
    for key in app.store().list(&Key::from(["registry"])).await.unwrap() {
        app.store().delete(&key).await.unwrap();
    }
    assert_eq!(names(&app).await, [""; 0]);
    app.advance(LEASE / 3).await;
    assert_eq!(names(&app).await, ["reader", "writer"]);
    assert_eq!(app.registry().catalogue().await.unwrap().events().count(), 2);
}
