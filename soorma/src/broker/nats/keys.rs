//! The order of what has a key: within this process, an event is sent once the one before it is stored.

use soorma_common::id;
use tokio::sync::{Mutex, MutexGuard};

/// So many queues that keys seldom share one.
const QUEUES: usize = 1024;

/// Queues of publishers, first come, first served. Keys of one hash share a queue.
pub(super) struct KeyOrder(Vec<Mutex<()>>);

impl Default for KeyOrder {
    fn default() -> Self {
        Self((0..QUEUES).map(|_| Mutex::const_new(())).collect())
    }
}

impl KeyOrder {
    /// Waits until all that was published before with this key is stored. A place is taken at the first poll.
    pub(super) async fn turn(&self, key: Option<&str>) -> Option<MutexGuard<'_, ()>> {
        let queue = usize::try_from(id::spread(key?.as_bytes()) % QUEUES as u64).unwrap_or_default();
        Some(self.0.get(queue)?.lock().await)
    }
}
