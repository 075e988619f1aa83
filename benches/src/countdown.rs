//! Counts what is handled.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// Counts down, and tells when it is done. The same for all who are measured.
#[derive(Debug, Default)]
pub(crate) struct Countdown {
    left: AtomicU64,
    done: Notify,
}

impl Countdown {
    pub(crate) fn expect(&self, events: u64) {
        self.left.store(events, Ordering::Release);
    }

    pub(crate) fn left(&self) -> u64 {
        self.left.load(Ordering::Acquire)
    }

    pub(crate) fn one(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }

    /// One future for all of them, told once.
    pub(crate) async fn done(&self) {
        self.done.notified().await;
    }
}
