//! What every store must do, as code: run it against a store of your own.
//!
//! Owns the cases; knows the contract and no store. Every run works below a prefix of its own.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use soorma_common::id;

use super::{Entry, Key, Store, StoreError, Watch, Watched};
use crate::{
    BoxFuture,
    clock::Clock,
    race::{First, race},
};

/// How much later than said something may run out, or be told.
const TOLERANCE: Duration = Duration::from_secs(5);

/// The shortest time-to-live that every store knows.
const SHORT: Duration = Duration::from_secs(2);

/// What a case found wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failed {
    /// It is not as it must be.
    #[error("{0}")]
    Wrong(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One case: its name says what must hold.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What must hold.
    pub name: &'static str,
    run: fn(Bench) -> BoxFuture<'static, Result<(), Failed>>,
}

impl Case {
    /// Runs it. A virtual clock, which the store must share, is moved; on the system's a case takes some seconds.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn run(&self, store: &Arc<dyn Store>, clock: &Clock) -> Result<(), Failed> {
        let root = Key::from(["conformance", &id::fresh()]);
        (self.run)(Bench { store: store.clone(), clock: clock.clone(), root }).await
    }
}

/// All cases.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), soorma::store::conformance::Failed> {
/// use std::sync::Arc;
/// use soorma::{Clock, store::{Store, conformance, memory::MemoryStore}};
///
/// let clock = Clock::simulated();
/// let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
/// for case in conformance::CASES {
///     case.run(&store, &clock).await?;
/// }
/// # Ok(())
/// # }
/// ```
pub const CASES: [Case; 8] = [
    Case { name: "what is put is read, under a revision that grows", run: |bench| Box::pin(put(bench)) },
    Case { name: "create refuses where something is", run: |bench| Box::pin(create(bench)) },
    Case { name: "compare-and-set refuses where somebody else wrote", run: |bench| Box::pin(compare(bench)) },
    Case { name: "of many who create one key, one does", run: |bench| Box::pin(race_to_create(bench)) },
    Case { name: "keys of any text are kept apart", run: |bench| Box::pin(any_text(bench)) },
    Case { name: "a list holds what begins with the segments, in order", run: |bench| Box::pin(list(bench)) },
    Case {
        name: "what has run out is gone, and what is written later decides",
        run: |bench| Box::pin(ends(bench)),
    },
    Case { name: "a watcher is told of the newest of each key", run: |bench| Box::pin(watch(bench)) },
];

struct Bench {
    store: Arc<dyn Store>,
    clock: Clock,
    root: Key,
}

impl Bench {
    fn key(&self, path: &str) -> Key {
        path.split('/').fold(self.root.clone(), |key, segment| key.join(segment))
    }

    async fn put(&self, at: &str, value: &[u8], ttl: Option<Duration>) -> Result<u64, StoreError> {
        self.store.put(&self.key(at), value.to_vec(), ttl).await
    }

    async fn value(&self, at: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.store.get(&self.key(at)).await?.map(|entry| entry.value))
    }

    async fn wait(&self, duration: Duration) {
        self.clock.reach(self.clock.now() + duration).await;
    }

    /// The next change: its key below the root, and its value.
    async fn change(&self, watch: &mut dyn Watch) -> Result<(String, Option<Vec<u8>>), Failed> {
        let next = {
            let mut next = pin!(watch.next());
            let at_once = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
            match at_once {
                Poll::Ready(next) => next,
                Poll::Pending => match race(next, self.wait(TOLERANCE)).await {
                    First::Left(next) => next,
                    First::Right(()) => return Err(wrong("nothing is told")),
                },
            }
        };
        let change = next?;
        let skip = self.root.segments().count();
        let path: Vec<_> = change.key.segments().skip(skip).collect();
        Ok((path.join("/"), change.entry.map(|entry| entry.value)))
    }
}

fn wrong(what: impl Into<String>) -> Failed {
    Failed::Wrong(what.into())
}

fn check(holds: bool, what: &str) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(wrong(what)) }
}

fn is_conflict<T>(result: &Result<T, StoreError>, key: &Key) -> bool {
    matches!(result, Err(StoreError::Conflict(of)) if of == key)
}

async fn put(bench: Bench) -> Result<(), Failed> {
    check(bench.value("a").await?.is_none(), "something was there before")?;
    let first = bench.put("a", b"1", None).await?;
    let other = bench.put("b", b"", None).await?;
    let second = bench.put("a", b"3", None).await?;
    check(first < other && other < second, "the revisions do not grow")?;
    let entry = bench.store.get(&bench.key("a")).await?;
    check(
        entry == Some(Entry { value: b"3".to_vec(), revision: second }),
        "it is not what was written last",
    )?;
    check(bench.value("b").await? == Some(Vec::new()), "an empty value is not nothing")
}

async fn create(bench: Bench) -> Result<(), Failed> {
    let at = bench.key("a");
    let first = bench.store.create(&at, b"1".to_vec(), None).await?;
    let again = bench.store.create(&at, b"2".to_vec(), None).await;
    check(is_conflict(&again, &at), "it was created twice")?;
    check(bench.store.delete(&at).await?, "it was not there to delete")?;
    check(!bench.store.delete(&at).await?, "it was deleted twice")?;
    check(bench.value("a").await?.is_none(), "what was deleted is read")?;
    let second = bench.store.create(&at, b"3".to_vec(), None).await?;
    check(second > first, "the revision fell")?;
    check(bench.value("a").await? == Some(b"3".to_vec()), "what was created again is not read")
}

async fn compare(bench: Bench) -> Result<(), Failed> {
    let at = bench.key("a");
    let set =
        async |revision, value: &[u8]| bench.store.compare_and_set(&at, revision, value.to_vec(), None).await;
    check(is_conflict(&set(0, b"0").await, &at), "0 is no revision")?;
    let first = bench.store.create(&at, b"1".to_vec(), None).await?;
    let second = set(first, b"2").await?;
    check(is_conflict(&set(first, b"3").await, &at), "it was set from an old revision")?;
    check(bench.value("a").await? == Some(b"2".to_vec()), "a refused write was written")?;
    bench.store.delete(&at).await?;
    check(is_conflict(&set(second, b"4").await, &at), "it was set where nothing is")
}

async fn race_to_create(bench: Bench) -> Result<(), Failed> {
    let at = bench.key("a");
    let mut tasks = Vec::new();
    for n in 0..8_u8 {
        let (store, at) = (bench.store.clone(), at.clone());
        tasks.push(tokio::spawn(async move { store.create(&at, vec![n], None).await }));
    }
    let mut won = 0;
    for task in tasks {
        match task.await.map_err(|error| wrong(error.to_string()))? {
            Ok(_) => won += 1,
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    check(won == 1, "it was created by more than one, or by none")
}

async fn any_text(bench: Bench) -> Result<(), Failed> {
    let texts = ["", "a", "a b", "a/b", "a.b", "*", ">", "=", "%20", "größe", "\u{0}", "A"];
    for one in texts {
        for two in texts {
            let value = format!("{one}|{two}").into_bytes();
            bench.store.put(&bench.root.join(one).join(two), value, None).await?;
        }
    }
    for one in texts {
        for two in texts {
            let entry = bench.store.get(&bench.root.join(one).join(two)).await?;
            let value = entry.map(|entry| entry.value).unwrap_or_default();
            check(
                value == format!("{one}|{two}").into_bytes(),
                &format!("`{one}` and `{two}` are something else"),
            )?;
        }
        let below = bench.store.list(&bench.root.join(one)).await?;
        let mut expected: Vec<Key> = texts.iter().map(|two| bench.root.join(one).join(two)).collect();
        expected.sort_unstable();
        check(below == expected, &format!("the list of `{one}` is {below:?}"))?;
    }
    Ok(())
}

async fn list(bench: Bench) -> Result<(), Failed> {
    for at in ["m/b", "m", "mm", "m/a/x", "l", "m/a", "m/gone"] {
        bench.put(at, b"", None).await?;
    }
    bench.store.delete(&bench.key("m/gone")).await?;
    let expected: Vec<Key> = ["m", "m/a", "m/a/x", "m/b"].map(|at| bench.key(at)).into();
    check(bench.store.list(&bench.key("m")).await? == expected, "the list of `m` is another")?;
    check(bench.store.list(&bench.root).await?.len() == 6, "the list of all is another")?;
    check(bench.store.list(&bench.key("n")).await?.is_empty(), "the list of nothing is not empty")
}

async fn ends(bench: Bench) -> Result<(), Failed> {
    bench.put("short", b"1", Some(SHORT)).await?;
    bench.put("kept", b"1", Some(SHORT)).await?;
    bench.put("longer", b"1", Some(SHORT)).await?;
    bench.put("kept", b"2", None).await?;
    bench.put("longer", b"2", Some(SHORT + TOLERANCE * 4)).await?;
    bench.put("never", b"1", Some(Duration::MAX)).await?;
    bench.wait(SHORT / 2).await;
    check(bench.value("short").await?.is_some(), "it was gone too early")?;
    bench.wait(SHORT / 2 + TOLERANCE).await;
    check(bench.value("short").await?.is_none(), "it has not run out")?;
    let left: Vec<Key> = ["kept", "longer", "never"].map(|at| bench.key(at)).into();
    check(
        bench.store.list(&bench.root).await? == left,
        "the list holds what has run out, or lacks what has not",
    )?;
    check(bench.value("longer").await? == Some(b"2".to_vec()), "the older write decided")?;
    bench.store.create(&bench.key("short"), b"2".to_vec(), None).await?;
    check(bench.value("short").await? == Some(b"2".to_vec()), "it cannot be created again")
}

async fn watch(bench: Bench) -> Result<(), Failed> {
    bench.put("m/old", b"", None).await?;
    bench.put("m/deleted", b"", None).await?;
    bench.store.delete(&bench.key("m/deleted")).await?;
    bench.put("m/two", b"2", None).await?;
    let Watched { entries, changes: mut watch } = bench.store.watch(&bench.key("m")).await?;
    let entries: Vec<_> = entries.into_iter().map(|(key, entry)| (key, entry.value)).collect();
    let there = [(bench.key("m/old"), b"".to_vec()), (bench.key("m/two"), b"2".to_vec())];
    check(entries == there, "what is there is not what the watch begins with")?;
    let nothing = bench.store.watch(&bench.key("nothing")).await?.entries;
    check(nothing.is_empty(), "a watch of what is empty begins with something")?;
    for n in 0..50 {
        bench.put("m/a", &[n], None).await?;
        bench.put("m/b", &[n], None).await?;
        bench.put("other", &[n], None).await?;
    }
    bench.store.delete(&bench.key("m/b")).await?;
    let (mut a, mut b) = (None, Some(Vec::new()));
    while a != Some(vec![49]) || b.is_some() {
        match bench.change(&mut *watch).await? {
            (at, value) if at == "m/a" => a = value,
            (at, value) if at == "m/b" => b = value,
            (at, _) => return Err(wrong(format!("`{at}` was told"))),
        }
    }
    bench.put("m", b"itself", None).await?;
    let itself = bench.change(&mut *watch).await?;
    check(itself == ("m".to_owned(), Some(b"itself".to_vec())), "the key itself is not told")?;
    bench.put("m/short", b"1", Some(SHORT)).await?;
    check(bench.change(&mut *watch).await?.1.is_some(), "what will run out is not told")?;
    let gone = bench.change(&mut *watch).await?;
    check(gone == ("m/short".to_owned(), None), "what has run out is not told")
}
