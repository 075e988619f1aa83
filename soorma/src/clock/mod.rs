//! The framework's clock: backoff, leases, time-outs and windows go through it, and nothing else does.
//!
//! tokio's own clock is left alone, because pausing it breaks every handler that does real I/O. Owns time; knows
//! nothing of what waits for it.

mod simulated;
mod tracked;

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use soorma_common::Timestamp;

use self::simulated::{Simulated, Timer};
pub(crate) use self::tracked::Tracker;
use crate::BoxFuture;

/// A monotonic clock with timers: the system's, or a virtual one that a test moves.
///
/// Cheap to clone; clones are one clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Simulated>>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until [`advance`](Self::advance) moves it.
    #[must_use]
    pub fn simulated() -> Self {
        Self(Some(Arc::new(Simulated::new())))
    }

    /// Whether a test moves it.
    #[cfg(feature = "sqlite")]
    pub(crate) fn is_simulated(&self) -> bool {
        self.0.is_some()
    }

    /// The monotonic time: what leases and timers go by.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.0 {
            None => Instant::now(),
            Some(clock) => clock.now(),
        }
    }

    /// The wall time: what goes into events.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        match &self.0 {
            None => Timestamp::now(),
            Some(clock) => clock.timestamp(),
        }
    }

    /// Ends after `duration`.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        // A century away is never: `Instant + Duration::MAX` would overflow.
        self.sleep_until(self.now() + duration.min(Duration::from_secs(3_155_760_000)))
    }

    /// Ends at `deadline`.
    pub fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep(match &self.0 {
            None => Kind::System(Box::pin(tokio::time::sleep_until(deadline.into()))),
            Some(clock) => Kind::Simulated(Timer::new(clock.clone(), deadline)),
        })
    }

    /// Moves a virtual clock on, timer by timer in their order. Whatever the framework does at that time (deliveries,
    /// handlers up to where they wait for something, leases) is done before the next timer fires, and before this
    /// returns. Does nothing to the system's clock.
    ///
    /// A handler that blocks its thread holds a virtual clock back.
    ///
    /// Cancel safe: the time reached so far stays.
    pub async fn advance(&self, duration: Duration) {
        if let Some(clock) = &self.0 {
            clock.advance(duration).await;
        }
    }

    /// Ends when it is time to look again; never, where there is no such time.
    pub(crate) async fn look_again(&self, at: Option<Instant>) {
        match at {
            Some(at) => self.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Ends at `deadline`: a virtual clock is moved there, the system's is waited for.
    pub(crate) async fn reach(&self, deadline: Instant) {
        match &self.0 {
            Some(clock) => clock.advance(deadline.saturating_duration_since(clock.now())).await,
            None => self.sleep_until(deadline).await,
        }
    }

    /// What a task of the framework is run under, so that a virtual clock waits for it.
    pub(crate) fn tracker(&self) -> Tracker {
        Tracker::new(self.0.as_ref())
    }

    /// The same for one that is to be spawned. Boxed, so that the machinery of a task is compiled once and not for each of them.
    pub(crate) fn task(&self, task: impl Future<Output = ()> + Send + 'static) -> BoxFuture<'static, ()> {
        let tracker = self.tracker();
        Box::pin(async move { tracker.run(pin!(task)).await })
    }
}

/// A timer of a [`Clock`].
#[derive(Debug)]
#[must_use = "a timer does nothing unless it is awaited"]
pub struct Sleep(Kind);

#[derive(Debug)]
enum Kind {
    System(Pin<Box<tokio::time::Sleep>>),
    Simulated(Timer),
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Kind::System(sleep) => sleep.as_mut().poll(cx),
            Kind::Simulated(timer) => timer.poll(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    #[tokio::test]
    async fn timers_fire_in_order_and_what_they_start_is_done_before_the_next() {
        let clock = Clock::simulated();
        let start = clock.now();
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for seconds in [3_u64, 1, 2] {
            let (timer, log, tracker) = (clock.clone(), log.clone(), clock.tracker());
            tasks.push(tokio::spawn(async move {
                let task = std::pin::pin!(async {
                    timer.sleep(Duration::from_secs(seconds)).await;
                    for _ in 0..seconds {
                        tokio::task::yield_now().await;
                    }
                    let now = timer.now().duration_since(start).as_secs();
                    log.lock().unwrap_or_else(PoisonError::into_inner).push((seconds, now));
                });
                tracker.run(task).await;
            }));
        }
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
        let start = clock.now();
        let mut sleep = Box::pin(clock.sleep(Duration::from_secs(1)));
        std::future::poll_fn(|cx| {
            assert!(sleep.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(sleep);
        clock.advance(Duration::from_secs(5)).await;
        assert_eq!(clock.now() - start, Duration::from_secs(5));
    }
}
