//! Two processes at one order, step by step in every order, each killed after any step or not at all.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Poll, Waker},
};

use soorma::{
    BoxFuture, Clock,
    store::{Entry, Key, Store, Watched, memory::MemoryStore},
};

use super::*;

/// How much an order takes.
const TAKE: u64 = 5;

/// How often a process is interrupted by the other one at most. Every mistake that could be thought of needs two; to
/// have no limit takes minutes.
const SWITCHES: usize = 4;

#[test]
fn an_order_takes_once_whatever_happens_to_two_who_try() {
    explore(10, &[], [&[take("o-1")], &[take("o-1")]], |end| {
        assert_eq!(end.answers, [Taken::All; 2]);
        assert_eq!(end.left, 10 - TAKE);
    });
}

#[test]
fn an_order_that_is_too_large_takes_nothing() {
    explore(4, &[], [&[take("o-1")], &[take("o-1")]], |end| {
        assert_eq!(end.answers, [Taken::Nothing { left: 4 }; 2]);
        assert_eq!(end.left, 4);
    });
}

#[test]
fn of_two_orders_that_want_the_last_pieces_one_gets_them() {
    explore(8, &[], [&[take("o-1")], &[take("o-2")]], |end| {
        assert_eq!(end.answers.iter().filter(|answer| **answer == Taken::All).count(), 1);
        assert_eq!(end.left, 8 - TAKE);
    });
}

#[test]
fn what_an_order_took_comes_back_once() {
    let before = [take("o-1")];
    explore(10, &before, [&[give_back("o-1")], &[give_back("o-1")]], |end| assert_eq!(end.left, 10));
}

#[test]
fn a_straggler_takes_nothing_from_what_was_given_back() {
    explore(10, &[], [&[take("o-1")], &[take("o-1"), give_back("o-1")]], |end| {
        assert_eq!(end.answers, [Taken::All; 2]);
        assert_eq!(end.left, 10);
    });
}

/// What a process is asked to do.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    Take(&'static str),
    GiveBack(&'static str),
}

fn take(order: &'static str) -> Work {
    Work::Take(order)
}

fn give_back(order: &'static str) -> Work {
    Work::GiveBack(order)
}

/// What is there when everything that was not acknowledged has been delivered again.
struct End {
    answers: [Taken; 2],
    left: u64,
}

/// Does one thing after the other, and gives the first answer.
async fn perform(ledger: &Ledger, works: &[Work]) -> Taken {
    let mut answer = None;
    for work in works {
        let given = match work {
            Work::Take(order) => ledger.take("mug", order, TAKE).await.unwrap(),
            Work::GiveBack(order) => ledger.give_back("mug", order).await.map(|()| Taken::All).unwrap(),
        };
        answer.get_or_insert(given);
    }
    answer.unwrap()
}

/// Runs two processes under every schedule, and delivers again what was killed.
fn explore(opening: u64, before: &[Work], works: [&[Work]; 2], check: impl Fn(&End)) {
    let mut schedule = Schedule::default();
    let mut runs = 0;
    loop {
        let ledger = ledger(opening);
        if !before.is_empty() {
            to_the_end(perform(&ledger, before));
        }
        let done = interleave(&ledger, works, &mut schedule);
        let answers = [(0, 1), (1, 0)].map(|(one, other)| match (done[one], done[other]) {
            (Some(answer), _) => answer,
            // Both had the same delivery, and the other one has acknowledged it.
            (None, Some(answer)) if works[other].starts_with(works[one]) => answer,
            (None, _) => to_the_end(perform(&ledger, works[one])),
        });
        let totals = to_the_end(ledger.totals()).unwrap();
        assert_eq!(totals.pending, 0, "{schedule:?}");
        check(&End { answers, left: totals.left });
        // Asked once more, both are told the same, and nothing changes.
        for (answer, works) in answers.iter().zip(works) {
            assert_eq!(*answer, to_the_end(perform(&ledger, works)), "{schedule:?}");
        }
        assert_eq!(to_the_end(ledger.totals()).unwrap(), totals, "{schedule:?}");
        runs += 1;
        if !schedule.next() {
            break;
        }
    }
    assert!(runs > 100, "only {runs} schedules: are there steps at all?");
}

/// Moves two processes step by step as the schedule says; `None` for one that was killed.
fn interleave(ledger: &Ledger, works: [&[Work]; 2], schedule: &mut Schedule) -> [Option<Taken>; 2] {
    let mut running = works.map(|works| Some(Box::pin(perform(ledger, works))));
    // As far as the first step.
    running.iter_mut().flatten().for_each(|future| assert!(step(future.as_mut()).is_pending()));
    let mut answers = [None; 2];
    let (mut last, mut switches) = (None, 0);
    while running.iter().any(Option::is_some) {
        let mut alive: Vec<usize> = (0..2).filter(|i| running[*i].is_some()).collect();
        // To kill one later, when it has not moved in between, would be the same.
        let killed = last.filter(|last| alive.contains(last));
        if switches == SWITCHES {
            alive.retain(|one| killed.is_none_or(|last| *one == last));
        }
        let choice = schedule.choose(alive.len() + usize::from(killed.is_some()));
        match (alive.get(choice), killed) {
            (Some(one), _) => {
                switches += usize::from(killed.is_some_and(|last| last != *one));
                last = Some(*one);
                if let Some(Poll::Ready(answer)) = running[*one].as_mut().map(|future| step(future.as_mut()))
                {
                    answers[*one] = Some(answer);
                    running[*one] = None;
                }
            }
            (None, Some(one)) => running[one] = None,
            (None, None) => unreachable!("only what there is can be chosen"),
        }
    }
    answers
}

fn step<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut std::task::Context::from_waker(Waker::noop()))
}

fn to_the_end<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = step(future.as_mut()) {
            return done;
        }
    }
}

/// All sequences of choices, one after the other.
#[derive(Debug, Default)]
struct Schedule {
    /// Each choice, and among how many it was made.
    choices: Vec<(usize, usize)>,
    at: usize,
}

impl Schedule {
    fn choose(&mut self, among: usize) -> usize {
        if self.at == self.choices.len() {
            self.choices.push((0, among));
        }
        self.at += 1;
        self.choices[self.at - 1].0
    }

    /// Goes to the next sequence; false when this was the last.
    fn next(&mut self) -> bool {
        self.at = 0;
        while let Some((choice, among)) = self.choices.pop() {
            if choice + 1 < among {
                self.choices.push((choice + 1, among));
                return true;
            }
        }
        false
    }
}

fn ledger(opening: u64) -> Ledger {
    let store: Arc<dyn Store> = Arc::new(Stepwise(MemoryStore::new(Clock::simulated())));
    Ledger::new(Records::new(store.clone(), Key::from(["a"])), Records::new(store, Key::from(["m"])), opening)
}

/// A store in which every operation is a step of its own.
struct Stepwise(MemoryStore);

async fn pause() {
    let mut paused = false;
    std::future::poll_fn(
        |_| if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending },
    )
    .await;
}

impl Store for Stepwise {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        Box::pin(async {
            pause().await;
            self.0.get(key).await
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            pause().await;
            self.0.put(key, value, ttl).await
        })
    }

    fn create<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            pause().await;
            self.0.create(key, value, ttl).await
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        revision: u64,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            pause().await;
            self.0.compare_and_set(key, revision, value, ttl).await
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.0.delete(key)
    }

    fn list<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        self.0.list(prefix)
    }

    fn watch<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Watched, StoreError>> {
        self.0.watch(prefix)
    }
}
