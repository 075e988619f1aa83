//! The failure records: how often a handler has failed with an event. The framework counts, not the broker.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use soorma_common::Timestamp;

use crate::{
    broker::DeadLetterReason,
    services::Services,
    store::{Key, Records, StoreError},
};

/// For how long a record is kept: as long as a topic keeps its events.
const RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// What is known of the earlier deliveries of one event to one subscription.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct History {
    /// How often the handler failed.
    pub(crate) attempts: u32,
    /// How often it was handed back without having been tried.
    pub(crate) returned: u32,
    pub(crate) first_failure: Option<Timestamp>,
    pub(crate) last_failure: Option<Timestamp>,
    /// The last error and its causes, outermost first.
    pub(crate) errors: Vec<String>,
    /// Set once it is given up: then it only has to be dead-lettered.
    pub(crate) dead: Option<DeadLetterReason>,
}

impl History {
    /// How many of the earlier deliveries ended without a word: the process died, or lost its lease.
    pub(crate) fn losses(&self, delivered: u32) -> u32 {
        delivered.saturating_sub(1).saturating_sub(self.attempts).saturating_sub(self.returned)
    }

    /// The same with one more failed attempt.
    pub(crate) fn failed(self, errors: Vec<String>, at: Timestamp) -> Self {
        let attempts = self.attempts + 1;
        Self {
            attempts,
            first_failure: self.first_failure.or(Some(at)),
            last_failure: Some(at),
            errors,
            ..self
        }
    }

    /// The same, given up for its losses, which are no attempts.
    pub(crate) fn lost(self, error: String, at: Timestamp) -> Self {
        let attempts = self.attempts;
        Self { attempts, ..self.failed(vec![error], at) }
    }
}

/// The failure records of one subscription.
#[derive(Clone)]
pub(crate) struct Histories(Records<History>);

impl Histories {
    pub(crate) fn new(services: &Services, durable_name: &str) -> Self {
        let prefix = Key::from(["failures", durable_name]);
        Self(Records::new(services.store.clone(), prefix).expiring(RETENTION))
    }

    /// The history of a delivery. The first one has none, and needs no look-up.
    pub(crate) async fn load(&self, sequence: u64, delivered: u32) -> Result<Option<History>, StoreError> {
        if delivered <= 1 {
            return Ok(None);
        }
        Ok(self.0.get(&sequence.to_string()).await?.map(|found| found.value))
    }

    pub(crate) async fn save(&self, sequence: u64, history: &History) -> Result<(), StoreError> {
        self.0.put(&sequence.to_string(), history).await.map(drop)
    }

    pub(crate) async fn forget(&self, sequence: u64) -> Result<(), StoreError> {
        self.0.delete(&sequence.to_string()).await.map(drop)
    }
}
