//! What the store does in a file, seen through its contract.

use std::path::Path;

use super::*;
use crate::{
    clock::Clock,
    sqlite::scratch::{self, Scratch},
    store::{Watch, conformance},
};

const PATIENCE: Duration = Duration::from_secs(30);

async fn open(place: &Scratch) -> SqliteStore {
    SqliteStore::new(place.open().await)
}

/// By a clock of its own.
async fn open_by(place: &Scratch, clock: &Clock) -> SqliteStore {
    SqliteStore::new(scratch::open(&place.file(), clock).await.unwrap())
}

fn sql(file: &Path, query: &str) -> String {
    let file = rusqlite::Connection::open(file).unwrap();
    let mut query = file.prepare(query).unwrap();
    let rows = query.query_map([], |row| Ok(format!("{:?}", row.get_ref(0)?))).unwrap();
    rows.map(Result::unwrap).collect::<Vec<_>>().join("|")
}

fn key(text: &str) -> Key {
    text.split('/').fold(Key::from(["root"]), |key, segment| key.join(segment))
}

async fn put(store: &SqliteStore, at: &str, value: &[u8], ttl: Option<Duration>) -> u64 {
    store.put(&key(at), value.to_vec(), ttl).await.unwrap()
}

async fn change(watch: &mut Box<dyn Watch>) -> (Key, Option<Vec<u8>>) {
    let change = tokio::time::timeout(PATIENCE, watch.next()).await.unwrap().unwrap();
    (change.key, change.entry.map(|entry| entry.value))
}

#[tokio::test]
async fn it_passes_the_suite_through_one_handle_and_through_two() {
    let place = Scratch::new();
    let (one, two) = (Arc::new(open(&place).await), Arc::new(open(&place).await));
    let mut tasks = Vec::new();
    for case in conformance::CASES {
        let both: Arc<dyn Store> = Arc::new(Alternating { one: one.clone(), two: two.clone() });
        for store in [one.clone() as Arc<dyn Store>, both] {
            tasks.push((case.name, tokio::spawn(async move { case.run(&store, &Clock::system()).await })));
        }
    }
    for (name, task) in tasks {
        if let Err(error) = task.await.unwrap() {
            panic!("{name}: {error}");
        }
    }
}

/// Writes through one handle, and reads and watches through another.
struct Alternating {
    one: Arc<SqliteStore>,
    two: Arc<SqliteStore>,
}

impl Store for Alternating {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        self.two.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.one.put(key, value, ttl)
    }

    fn create<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.two.create(key, value, ttl)
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        revision: u64,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.one.compare_and_set(key, revision, value, ttl)
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.one.delete(key)
    }

    fn list<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        self.two.list(prefix)
    }

    fn watch<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Watched, StoreError>> {
        self.two.watch(prefix)
    }
}

#[tokio::test]
async fn people_read_what_is_kept_and_large_values_are_refused() {
    let place = Scratch::new();
    let store = open(&place).await;
    put(&store, "tenant 1/größe", br#"{"a":1}"#, None).await;
    put(&store, "tenant 1/bytes", b"\xff\0", None).await;
    assert_eq!(
        sql(&place.file(), "SELECT value FROM store WHERE key = 'root/tenant 1/größe'"),
        format!("{:?}", rusqlite::types::ValueRef::Text(br#"{"a":1}"#))
    );
    assert_eq!(store.get(&key("tenant 1/bytes")).await.unwrap().unwrap().value, b"\xff\0");
    let refused = store.put(&key("large"), vec![b'a'; LIMIT + 1], None).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { limit: LIMIT, .. })), "{refused:?}");
    put(&store, "large", &vec![b'a'; LIMIT], None).await;
    assert_eq!(store.get(&key("large")).await.unwrap().unwrap().value.len(), LIMIT);
}

#[tokio::test]
async fn what_was_kept_is_there_when_the_file_is_opened_again() {
    let place = Scratch::new();
    let first = put(&open(&place).await, "a", b"1", None).await;
    let store = open(&place).await;
    let entry = store.get(&key("a")).await.unwrap().unwrap();
    assert_eq!((entry.revision, entry.value), (first, b"1".to_vec()));
    assert!(store.delete(&key("a")).await.unwrap());
    assert!(put(&open(&place).await, "a", b"2", None).await > first + 1);
}

#[tokio::test]
async fn what_is_over_is_removed_a_little_with_every_write() {
    let place = Scratch::new();
    let clock = Clock::simulated();
    let store = open_by(&place, &clock).await;
    for n in 0..20 {
        put(&store, &format!("short/{n}"), b"1", Some(Duration::from_secs(1))).await;
    }
    store.delete(&key("short/0")).await.unwrap();
    clock.advance(Duration::from_secs(1)).await;
    for _ in 0..10 {
        put(&store, "other", b"", None).await;
    }
    let file = place.file();
    assert_eq!(sql(&file, "SELECT count(*) FROM store WHERE value IS NULL"), "Integer(20)");
    clock.advance(Duration::from_hours(1)).await;
    for _ in 0..10 {
        put(&store, "other", b"", None).await;
    }
    assert_eq!(sql(&file, "SELECT count(*) FROM store"), "Integer(1)");
}

#[tokio::test]
async fn a_watch_that_was_left_alone_for_longer_than_a_trace_ends_and_others_do_not() {
    let place = Scratch::new();
    let clock = Clock::simulated();
    let store = open_by(&place, &clock).await;
    put(&store, "m/a", b"1", None).await;
    let mut alone = store.watch(&key("m")).await.unwrap().changes;
    let mut awake = store.watch(&key("m")).await.unwrap().changes;
    store.delete(&key("m/a")).await.unwrap();
    assert_eq!(change(&mut awake).await, (key("m/a"), None));
    clock.advance(Duration::from_hours(1)).await;
    put(&store, "m/b", b"2", None).await;
    assert_eq!(change(&mut awake).await, (key("m/b"), Some(b"2".to_vec())));
    for _ in 0..2 {
        let ended = alone.next().await;
        assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    }
}

#[tokio::test]
async fn two_handles_are_told_of_each_other_and_of_what_runs_out_nowhere_else() {
    let place = Scratch::new();
    let (one, two) = (open(&place).await, open(&place).await);
    let mut watch = two.watch(&key("m")).await.unwrap().changes;
    put(&one, "other", b"", None).await;
    put(&one, "m/a", b"1", Some(Duration::from_millis(50))).await;
    assert_eq!(change(&mut watch).await, (key("m/a"), Some(b"1".to_vec())));
    drop(one);
    // Nobody writes any more, and it is told all the same.
    assert_eq!(change(&mut watch).await, (key("m/a"), None));
    assert_eq!(two.get(&key("m/a")).await.unwrap(), None);
}

#[tokio::test]
async fn a_watch_sees_the_newest_of_every_key_however_many() {
    let place = Scratch::new();
    let store = Arc::new(open(&place).await);
    let mut watch = store.watch(&key("m")).await.unwrap().changes;
    let mut writes = tokio::task::JoinSet::new();
    for n in 0..2_000_u32 {
        let store = store.clone();
        writes.spawn(async move {
            for round in [b"1", b"2"] {
                put(&store, &format!("m/{n}"), round, None).await;
            }
        });
    }
    writes.join_all().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..2_000 {
        let (key, value) = change(&mut watch).await;
        assert_eq!(value.unwrap(), b"2");
        assert!(seen.insert(key));
    }
}
