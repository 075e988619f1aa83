//! Which subscriptions have an app that runs: `settle` waits for those, and not for what nobody will handle.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::broker::SubscriptionId;

/// The subscriptions of the apps that run, once for each app.
#[derive(Debug, Default)]
pub(super) struct Live(Mutex<Vec<SubscriptionId>>);

/// An app that runs, until it is dropped.
#[derive(Debug)]
pub(super) struct Alive {
    live: Arc<Live>,
    /// Whoever waits has to look again.
    activity: Arc<Notify>,
    ids: Vec<SubscriptionId>,
}

impl Live {
    pub(super) fn add(live: &Arc<Self>, activity: &Arc<Notify>, ids: &[SubscriptionId]) -> Alive {
        live.lock().extend_from_slice(ids);
        Alive { live: live.clone(), activity: activity.clone(), ids: ids.to_vec() }
    }

    pub(super) fn ids(&self) -> Vec<SubscriptionId> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SubscriptionId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        let mut live = self.live.lock();
        for id in &self.ids {
            if let Some(at) = live.iter().position(|other| other == id) {
                live.swap_remove(at);
            }
        }
        drop(live);
        self.activity.notify_waiters();
    }
}
