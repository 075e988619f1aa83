//! What the store does, seen through its contract.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::*;
use crate::store::{Change, Watch};

const ONE: Duration = Duration::from_secs(1);

fn store() -> (MemoryStore, Clock) {
    let clock = Clock::simulated();
    (MemoryStore::new(clock.clone()), clock)
}

fn key(text: &str) -> Key {
    text.split('/').fold(root(), |key, segment| key.join(segment))
}

fn root() -> Key {
    Key::from(["root"])
}

/// The key without its root.
fn below(key: &Key) -> String {
    key.segments().skip(1).collect::<Vec<_>>().join("/")
}

async fn put(store: &MemoryStore, at: &str, value: &[u8], ttl: Option<Duration>) -> u64 {
    store.put(&key(at), value.to_vec(), ttl).await.unwrap()
}

async fn value(store: &MemoryStore, at: &str) -> Option<Vec<u8>> {
    store.get(&key(at)).await.unwrap().map(|entry| entry.value)
}

/// The next change, without waiting: its key, and its value.
fn change(watch: &mut Box<dyn Watch>) -> Option<(String, Option<Vec<u8>>)> {
    match pin!(watch.next()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(change) => Some(text(change.unwrap())),
        Poll::Pending => None,
    }
}

fn text(Change { key, entry }: Change) -> (String, Option<Vec<u8>>) {
    (below(&key), entry.map(|entry| entry.value))
}

#[tokio::test]
async fn what_is_put_is_read_under_a_revision_that_grows() {
    let (store, _) = store();
    assert_eq!(value(&store, "a").await, None);
    let first = put(&store, "a", b"1", None).await;
    let other = put(&store, "b", b"2", None).await;
    let second = put(&store, "a", b"3", None).await;
    assert!(first < other && other < second);
    let entry = store.get(&key("a")).await.unwrap().unwrap();
    assert_eq!(entry, Entry { value: b"3".to_vec(), revision: second });
}

#[tokio::test]
async fn create_and_compare_and_set_refuse_where_somebody_else_wrote() {
    let (store, _) = store();
    let at = key("a");
    let conflict = |result| matches!(result, Err(StoreError::Conflict(key)) if key == at);
    assert!(conflict(store.compare_and_set(&at, 0, Vec::new(), None).await));
    let first = store.create(&at, b"1".to_vec(), None).await.unwrap();
    assert!(conflict(store.create(&at, b"2".to_vec(), None).await));
    let second = store.compare_and_set(&at, first, b"3".to_vec(), None).await.unwrap();
    assert!(conflict(store.compare_and_set(&at, first, b"4".to_vec(), None).await));
    assert_eq!(value(&store, "a").await, Some(b"3".to_vec()));
    assert!(store.delete(&at).await.unwrap());
    assert!(!store.delete(&at).await.unwrap());
    assert!(conflict(store.compare_and_set(&at, second, b"5".to_vec(), None).await));
    assert!(store.create(&at, b"6".to_vec(), None).await.unwrap() > second);
}

#[tokio::test]
async fn a_list_holds_what_begins_with_the_segments_in_order() {
    let (store, _) = store();
    for at in ["m/b", "m", "mm", "m/a/x", "l", "m/a"] {
        put(&store, at, b"", None).await;
    }
    let names = |keys: Vec<Key>| keys.iter().map(below).collect::<Vec<_>>();
    assert_eq!(names(store.list(&key("m")).await.unwrap()), ["m", "m/a", "m/a/x", "m/b"]);
    assert_eq!(names(store.list(&root()).await.unwrap()).len(), 6);
    assert!(store.list(&key("n")).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_has_run_out_is_gone_and_leaves_nothing_behind() {
    let (store, clock) = store();
    put(&store, "a", b"1", Some(ONE)).await;
    put(&store, "b", b"1", Some(ONE)).await;
    put(&store, "c", b"1", Some(ONE)).await;
    // Whatever is written later decides.
    put(&store, "b", b"2", None).await;
    put(&store, "c", b"2", Some(ONE * 3)).await;
    clock.advance(ONE - Duration::from_millis(1)).await;
    assert!(value(&store, "a").await.is_some());
    clock.advance(Duration::from_millis(1)).await;
    assert_eq!(value(&store, "a").await, None);
    assert_eq!(store.list(&root()).await.unwrap(), [key("b"), key("c")]);
    assert!(store.create(&key("a"), b"3".to_vec(), Some(Duration::MAX)).await.is_ok());
    clock.advance(ONE * 2).await;
    assert_eq!(value(&store, "c").await, None);
    assert!(value(&store, "a").await.is_some());
    store.delete(&key("a")).await.unwrap();
    assert_eq!(store.0.shelf().next_end(), None);
}

#[tokio::test]
async fn a_watcher_sees_the_newest_state_of_each_key_below_its_prefix() {
    let (store, _) = store();
    put(&store, "m/old", b"", None).await;
    let mut watch = store.watch(&key("m")).await.unwrap().changes;
    assert_eq!(change(&mut watch), None);
    for n in 0..100 {
        put(&store, "m/a", &[n], None).await;
        put(&store, "m/b", &[n], None).await;
        put(&store, "other", &[n], None).await;
    }
    store.delete(&key("m/b")).await.unwrap();
    assert_eq!(change(&mut watch), Some(("m/a".into(), Some(vec![99]))));
    put(&store, "m/a", &[100], None).await;
    assert_eq!(change(&mut watch), Some(("m/b".into(), None)));
    assert_eq!(change(&mut watch), Some(("m/a".into(), Some(vec![100]))));
    assert_eq!(change(&mut watch), None);
}

#[tokio::test]
async fn a_watcher_that_waits_is_told_of_writes_and_of_what_runs_out_at_the_time() {
    let (store, clock) = store();
    let mut watch = store.watch(&key("m")).await.unwrap().changes;
    let start = clock.now();
    let (send, mut seen) = tokio::sync::mpsc::channel(9);
    let watches = tokio::spawn({
        let clock = clock.clone();
        async move {
            while let Ok(next) = watch.next().await {
                send.send((text(next), clock.now() - start)).await.unwrap();
            }
        }
    });
    let mut next = async || {
        tokio::task::yield_now().await;
        seen.try_recv().ok()
    };
    assert_eq!(next().await, None);
    put(&store, "elsewhere", b"", Some(ONE * 9)).await;
    put(&store, "m/a", b"1", Some(ONE * 3)).await;
    assert_eq!(next().await, Some((("m/a".into(), Some(b"1".to_vec())), Duration::ZERO)));
    clock.advance(ONE * 20).await;
    assert_eq!(next().await, Some((("m/a".into(), None), ONE * 3)));
    assert_eq!(next().await, None);
    watches.abort();
    assert!(watches.await.is_err());
    assert!(store.0.shelf().is_unwatched());
}

#[tokio::test]
async fn ends_of_what_was_written_again_or_removed_end_nothing_and_do_not_pile_up() {
    let (store, clock) = store();
    put(&store, "first", b"x", Some(ONE / 2)).await;
    for at in 0..1_000 {
        put(&store, "again", b"old", Some(ONE)).await;
        put(&store, &format!("removed/{at}"), b"x", Some(ONE)).await;
        store.delete(&key(&format!("removed/{at}"))).await.unwrap();
    }
    assert!(store.0.shelf().ends() < 100);
    put(&store, "again", b"new", Some(3 * ONE)).await;
    put(&store, "stays", b"old", Some(ONE)).await;
    put(&store, "stays", b"new", None).await;
    clock.advance(2 * ONE).await;
    assert_eq!(value(&store, "again").await.as_deref(), Some(&b"new"[..]));
    clock.advance(2 * ONE).await;
    assert_eq!(value(&store, "again").await, None);
    assert_eq!(value(&store, "stays").await.as_deref(), Some(&b"new"[..]));
}
