//! Deliveries that are drawn and wait for a worker. Bounded by whoever draws them.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::Semaphore;

/// Things that wait for a worker.
pub(super) struct Prefetch<T> {
    waiting: Mutex<VecDeque<T>>,
    /// One permit for each that waits.
    ready: Semaphore,
    /// Workers that wait for one.
    idle: AtomicUsize,
}

impl<T> Prefetch<T> {
    pub(super) fn new() -> Self {
        Self { waiting: Mutex::default(), ready: Semaphore::new(0), idle: AtomicUsize::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds some, and says how many wait for whom no worker is idle.
    pub(super) fn push(&self, some: impl IntoIterator<Item = T>) -> usize {
        let mut waiting = self.lock();
        let before = waiting.len();
        waiting.extend(some);
        let now = waiting.len();
        drop(waiting);
        self.ready.add_permits(now - before);
        now.saturating_sub(self.idle.load(Ordering::Acquire))
    }

    /// Waits for the next one; `None` once this is closed. Cancel safe.
    pub(super) async fn pop(&self) -> Option<T> {
        let permit = match self.ready.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                // A worker counts as idle as long as what it will take still waits, so nothing waits unseen.
                self.idle.fetch_add(1, Ordering::AcqRel);
                let permit = self.ready.acquire().await;
                self.idle.fetch_sub(1, Ordering::AcqRel);
                permit.ok()?
            }
        };
        permit.forget();
        self.lock().pop_front()
    }

    /// Ends it, and gives what no worker has taken.
    pub(super) fn close(&self) -> VecDeque<T> {
        self.ready.close();
        std::mem::take(&mut *self.lock())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn what_waits_is_taken_in_order_and_the_rest_is_given_back() {
        let prefetch = Arc::new(Prefetch::new());
        assert_eq!(prefetch.push([1, 2, 3]), 3, "nobody is idle");
        assert_eq!(prefetch.pop().await, Some(1));
        assert_eq!(prefetch.close(), [2, 3]);
        assert_eq!(prefetch.pop().await, None);
    }

    #[tokio::test]
    async fn an_idle_worker_is_counted_until_it_has_taken_something() {
        let prefetch = Arc::new(Prefetch::new());
        let worker = tokio::spawn({
            let prefetch = prefetch.clone();
            async move { prefetch.pop().await }
        });
        tokio::task::yield_now().await;
        assert_eq!(prefetch.push([1]), 0);
        assert_eq!(prefetch.push([2]), 1, "the idle worker is spoken for");
        assert_eq!(worker.await.unwrap(), Some(1));
    }
}
