//! The framework's clock: backoff, leases, time-outs and windows go through it, and nothing else does.
//!
//! tokio's own clock is left alone, because pausing it breaks every handler that does real I/O. Owns time; knows
//! nothing of what waits for it.

use std::{
    collections::{BTreeMap, HashSet},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant, SystemTime},
};

use soorma_common::Timestamp;
use tokio::sync::Notify;

/// A monotonic clock with timers: the system's, or a virtual one that a test moves.
///
/// Cheap to clone; clones are one clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Virtual>>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until [`advance`](Self::advance) moves it.
    #[must_use]
    pub fn simulated() -> Self {
        Self(Some(Arc::new(Virtual {
            start: Instant::now(),
            wall: SystemTime::now(),
            state: Mutex::default(),
            idle: Notify::new(),
        })))
    }

    /// The monotonic time: what leases and timers go by.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.0 {
            None => Instant::now(),
            Some(clock) => clock.start + clock.lock().elapsed,
        }
    }

    /// The wall time: what goes into events.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        match &self.0 {
            None => Timestamp::now(),
            Some(clock) => Timestamp::from(clock.wall + clock.lock().elapsed),
        }
    }

    /// Ends after `duration`.
    #[must_use]
    pub fn sleep(&self, duration: Duration) -> Sleep {
        // A century away is never: `Instant + Duration::MAX` would overflow.
        self.sleep_until(self.now() + duration.min(Duration::from_secs(3_155_760_000)))
    }

    /// Ends at `deadline`. Costs nothing until it is polled.
    ///
    /// The [`Fired`] that it gives holds back a virtual clock: keep it until what had to happen at that time has
    /// happened, and no longer.
    #[must_use]
    pub fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep(match &self.0 {
            None => Timer::System(Box::pin(tokio::time::sleep_until(deadline.into()))),
            Some(clock) => Timer::Virtual { clock: clock.clone(), deadline, id: None },
        })
    }

    /// Whether this is a virtual clock.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.0.is_some()
    }

    /// Moves a virtual clock on, timer by timer in their order; each timer's task has done its work before the
    /// next one fires. Does nothing to the system's clock.
    ///
    /// Cancel safe: the time reached so far stays.
    pub async fn advance(&self, duration: Duration) {
        let Some(clock) = &self.0 else { return };
        let target = clock.lock().elapsed + duration;
        loop {
            clock.wait_idle().await;
            if !clock.fire_next(target) {
                return;
            }
        }
    }
}

#[derive(Debug)]
struct Virtual {
    start: Instant,
    wall: SystemTime,
    state: Mutex<State>,
    /// Told when nobody works on a fired timer any more.
    idle: Notify,
}

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    timers: BTreeMap<(Instant, u64), Waker>,
    /// Fired, and not seen by their future yet.
    fired: HashSet<u64>,
    /// Fired, and not dropped by whoever works on it: `fired` included.
    busy: usize,
    next_id: u64,
}

impl Virtual {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait_idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.lock().busy == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Fires the next timers up to `target`; false when there are none and the target is reached.
    fn fire_next(&self, target: Duration) -> bool {
        let mut wakers = Vec::new();
        {
            let mut state = self.lock();
            let next = state.timers.keys().next().map(|key| key.0).filter(|at| *at <= self.start + target);
            let Some(at) = next else {
                state.elapsed = state.elapsed.max(target);
                return false;
            };
            state.elapsed = state.elapsed.max(at.saturating_duration_since(self.start));
            while let Some(entry) = state.timers.first_entry() {
                if entry.key().0 > at {
                    break;
                }
                let ((_, id), waker) = entry.remove_entry();
                state.fired.insert(id);
                state.busy += 1;
                wakers.push(waker);
            }
        }
        wakers.into_iter().for_each(Waker::wake);
        true
    }

    fn release(&self) {
        let mut state = self.lock();
        state.busy -= 1;
        if state.busy == 0 {
            self.idle.notify_waiters();
        }
    }
}

/// A timer of a [`Clock`].
#[derive(Debug)]
#[must_use = "a timer does nothing unless it is awaited"]
pub struct Sleep(Timer);

#[derive(Debug)]
enum Timer {
    System(Pin<Box<tokio::time::Sleep>>),
    Virtual { clock: Arc<Virtual>, deadline: Instant, id: Option<u64> },
}

impl Future for Sleep {
    type Output = Fired;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Fired> {
        match &mut self.0 {
            Timer::System(sleep) => sleep.as_mut().poll(cx).map(|()| Fired(None)),
            Timer::Virtual { clock, deadline, id } => {
                let mut state = clock.lock();
                if let Some(known) = *id
                    && state.fired.remove(&known)
                {
                    *id = None;
                    return Poll::Ready(Fired(Some(clock.clone())));
                }
                if clock.start + state.elapsed >= *deadline {
                    return Poll::Ready(Fired(None));
                }
                let known = *id.get_or_insert_with(|| {
                    state.next_id += 1;
                    state.next_id
                });
                state.timers.insert((*deadline, known), cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Timer::Virtual { clock, deadline, id: Some(id) } = &self.0 {
            let mut state = clock.lock();
            state.timers.remove(&(*deadline, *id));
            let fired = state.fired.remove(id);
            drop(state);
            if fired {
                clock.release();
            }
        }
    }
}

/// A timer that has fired. While one is held, a virtual clock does not move on.
#[derive(Debug)]
#[must_use = "hold it until the work of this moment is done"]
pub struct Fired(Option<Arc<Virtual>>);

impl Drop for Fired {
    fn drop(&mut self) {
        if let Some(clock) = &self.0 {
            clock.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn timers_fire_in_order_and_each_finishes_before_the_next() {
        let clock = Clock::simulated();
        let start = clock.now();
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for seconds in [3_u64, 1, 2] {
            let (clock, log) = (clock.clone(), log.clone());
            tasks.push(tokio::spawn(async move {
                let fired = clock.sleep(Duration::from_secs(seconds)).await;
                for _ in 0..seconds {
                    tokio::task::yield_now().await;
                }
                log.lock().unwrap().push((seconds, clock.now().duration_since(start).as_secs()));
                drop(fired);
            }));
        }
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(2)).await;
        assert_eq!(*log.lock().unwrap(), [(1, 1), (2, 2)]);
        clock.advance(Duration::from_secs(1)).await;
        assert_eq!(*log.lock().unwrap(), [(1, 1), (2, 2), (3, 3)]);
        for task in tasks {
            task.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_dropped_timer_does_not_hold_the_clock_back() {
        let clock = Clock::simulated();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(1)).await }
        });
        tokio::task::yield_now().await;
        sleeper.abort();
        clock.advance(Duration::from_secs(5)).await;
        assert!(sleeper.await.is_err_and(|error| error.is_cancelled()) || clock.now() > Instant::now());
    }
}
