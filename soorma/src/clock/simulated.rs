//! The virtual clock: it stands still until a test moves it. Owns its timers, and the count of those who are busy
//! at the present moment; knows nothing of what they do.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant, SystemTime},
};

use soorma_common::Timestamp;
use tokio::sync::Notify;

use crate::sorted::Sorted;

#[derive(Debug)]
pub(super) struct Simulated {
    start: Instant,
    wall: SystemTime,
    state: Mutex<State>,
    /// Told when nobody is busy any more.
    idle: Notify,
}

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    timers: Sorted<(Instant, u64), Waker>,
    /// Fired, and not seen by their future yet.
    fired: Sorted<u64>,
    /// Fired timers that nobody has seen, and tasks of the framework that are about to run, or run.
    busy: usize,
    next_id: u64,
}

impl Simulated {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), wall: SystemTime::now(), state: Mutex::default(), idle: Notify::new() }
    }

    pub(super) fn now(&self) -> Instant {
        self.start + self.lock().elapsed
    }

    pub(super) fn timestamp(&self) -> Timestamp {
        Timestamp::from(self.wall + self.lock().elapsed)
    }

    pub(super) async fn advance(&self, duration: Duration) {
        let target = self.lock().elapsed + duration;
        loop {
            self.wait_idle().await;
            if !self.fire_next(target) {
                return;
            }
        }
    }

    /// Somebody is busy, until as many releases.
    pub(super) fn hold(&self) {
        self.lock().busy += 1;
    }

    pub(super) fn release(&self) {
        let idle = {
            let mut state = self.lock();
            state.busy -= 1;
            state.busy == 0
        };
        // Not under the lock: whoever is told may be a tracked task, whose waker asks for it.
        if idle {
            self.idle.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait_idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.lock().busy > 0 {
                idle.await;
                continue;
            }
            // A task that yields is woken by tokio only after its turn, and before that of one that yields later.
            tokio::task::yield_now().await;
            if self.lock().busy == 0 {
                return;
            }
        }
    }

    /// Fires the next timers up to `target`; false when there are none and the target is reached.
    fn fire_next(&self, target: Duration) -> bool {
        let mut wakers = Vec::new();
        {
            let mut state = self.lock();
            let next = state.timers.first().map(|key| key.0).filter(|at| *at <= self.start + target);
            let Some(at) = next else {
                state.elapsed = state.elapsed.max(target);
                return false;
            };
            state.elapsed = state.elapsed.max(at.saturating_duration_since(self.start));
            for ((_, id), waker) in state.timers.take_while(|key| key.0 <= at) {
                state.fired.add(id);
                state.busy += 1;
                wakers.push(waker);
            }
        }
        wakers.into_iter().for_each(Waker::wake);
        true
    }
}

/// A timer of a virtual clock.
#[derive(Debug)]
pub(super) struct Timer {
    clock: Arc<Simulated>,
    deadline: Instant,
    /// Set while it is registered.
    id: Option<u64>,
}

impl Timer {
    pub(super) fn new(clock: Arc<Simulated>, deadline: Instant) -> Self {
        Self { clock, deadline, id: None }
    }

    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if self.clock.start + state.elapsed >= self.deadline {
            drop(state);
            self.forget();
            return Poll::Ready(());
        }
        let id = *self.id.get_or_insert_with(|| {
            state.next_id += 1;
            state.next_id
        });
        state.timers.insert((self.deadline, id), cx.waker().clone());
        Poll::Pending
    }

    fn forget(&mut self) {
        let Some(id) = self.id.take() else { return };
        let mut state = self.clock.lock();
        state.timers.remove(&(self.deadline, id));
        let fired = state.fired.remove(&id).is_some();
        drop(state);
        if fired {
            self.clock.release();
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.forget();
    }
}
