//! The failure records: how often a handler has failed with an event. The framework counts, not the broker.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use soorma_common::Timestamp;

use crate::{
    broker::DeadLetterReason,
    clock::Clock,
    handler::Handler,
    phase::Phase,
    race::{First, race},
    services::Services,
    store::{Key, Records, StoreError},
};

/// The pause before the store is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// What is known of the earlier deliveries of one event to one subscription.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct History {
    /// How often the handler failed.
    pub(crate) attempts: u32,
    /// How often a run of it ended without a word: the process died, or lost its lease. Counted before a run begins,
    /// and taken back when it ends with a word.
    pub(crate) lost: u32,
    pub(crate) first_failure: Option<Timestamp>,
    pub(crate) last_failure: Option<Timestamp>,
    /// The first error and its causes, outermost first.
    pub(crate) first_errors: Vec<String>,
    /// The last error and its causes.
    pub(crate) errors: Vec<String>,
    /// Set once it is given up: then it only has to be dead-lettered.
    pub(crate) dead: Option<DeadLetterReason>,
}

impl History {
    /// How many runs were lost. Of the first delivery there is no record, so it may be one more than there were: it
    /// may have been handed back, and never begun.
    pub(crate) fn losses(&self, delivered: u32) -> u32 {
        self.lost.max(u32::from(self.is_doubtful(delivered)))
    }

    /// Whether there were deliveries that did not end in a failed attempt: they were lost or handed back, and only a
    /// record made before the run can tell which. All others pay for none.
    pub(crate) fn is_doubtful(&self, delivered: u32) -> bool {
        delivered.saturating_sub(1) > self.attempts
    }

    /// The same with one more failed attempt.
    pub(crate) fn failed(self, errors: Vec<String>, at: Timestamp) -> Self {
        let attempts = self.attempts + 1;
        Self {
            attempts,
            first_failure: self.first_failure.or(Some(at)),
            first_errors: if self.first_failure.is_some() { self.first_errors } else { errors.clone() },
            last_failure: Some(at),
            errors,
            ..self
        }
    }

    /// The same, given up for its losses, which are no attempts.
    pub(crate) fn given_up_as_lost(self, error: String, at: Timestamp) -> Self {
        let attempts = self.attempts;
        Self { attempts, ..self.failed(vec![error], at) }
    }
}

/// The failure records of one subscription.
///
/// While the store is away, reading and writing wait for it, with the event in hand: handing it back uncounted would
/// look like the death of a process.
pub(crate) struct Histories {
    records: Records<History>,
    clock: Clock,
    phase: Phase,
}

impl Histories {
    pub(crate) fn new(services: &Services, handler: &Handler, phase: Phase) -> Self {
        let prefix = Key::from(["failures", &*handler.durable_name]);
        let records = Records::new(services.store.clone(), prefix).expiring(handler.policy.remembered());
        Self { records, clock: services.clock.clone(), phase }
    }

    /// The history of an event. A first delivery has none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] only when the app drains.
    pub(crate) async fn load(&self, sequence: u64) -> Result<Option<History>, StoreError> {
        loop {
            match self.records.get(&sequence.to_string()).await {
                Ok(found) => return Ok(found.map(|found| found.value)),
                Err(error) => self.wait_after(error).await?,
            }
        }
    }

    /// Keeps a history.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] only when the app drains.
    pub(crate) async fn save(&self, sequence: u64, history: &History) -> Result<(), StoreError> {
        loop {
            match self.records.put(&sequence.to_string(), history).await {
                Ok(_) => return Ok(()),
                Err(error) => self.wait_after(error).await?,
            }
        }
    }

    pub(crate) async fn forget(&self, sequence: u64) -> Result<(), StoreError> {
        self.records.delete(&sequence.to_string()).await.map(drop)
    }

    async fn wait_after(&self, error: StoreError) -> Result<(), StoreError> {
        if !matches!(error, StoreError::Unavailable(_)) {
            return Err(error);
        }
        tracing::warn!(%error, "the failure records are out of reach; trying again");
        match race(self.phase.clone().draining(), self.clock.sleep(PAUSE)).await {
            First::Left(()) => Err(error),
            First::Right(()) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_back_again_and_again_is_one_loss_at_the_most() {
        let fresh = History::default();
        assert_eq!((fresh.losses(1), fresh.losses(2), fresh.losses(50)), (0, 1, 1));
        let failed = fresh.failed(vec!["no".into()], Timestamp::now());
        assert!(!failed.is_doubtful(2), "its second delivery is its second attempt: nothing to write down");
        let lost = History { lost: 7, ..failed };
        assert_eq!((lost.losses(9), lost.losses(50)), (7, 7));
    }
}
