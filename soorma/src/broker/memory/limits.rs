//! How much the broker keeps. Owns the numbers; knows nothing of what they limit.

use std::time::Duration;

/// How much a [`MemoryBroker`](super::MemoryBroker) keeps.
///
/// ```
/// use soorma::broker::memory::MemoryLimits;
///
/// let tight = MemoryLimits { capacity: 16, ..MemoryLimits::default() };
/// assert_eq!(tight.retention, 10_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimits {
    /// How many unsettled events a durable subscription may have before publishers that ask for room wait. At
    /// least 1.
    pub capacity: usize,
    /// How many events a topic keeps at least, for groups that are still to come. What some group has not settled
    /// is kept beyond that.
    pub retention: usize,
    /// For how long a repeated `(source, id)` is recognised, at least.
    pub dedup_window: Duration,
    /// How many ids a topic remembers within the window, at least. At most twice as many, at some 50 bytes each.
    pub dedup_events: usize,
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self {
            capacity: 10_000,
            retention: 10_000,
            dedup_window: Duration::from_secs(120),
            dedup_events: 65_536,
        }
    }
}
