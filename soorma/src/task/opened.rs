//! A journal that one run has taken: its head as that run wrote it last. Knows nothing of what the run does.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    journal::Journal,
    record::{Head, State},
};
use crate::store::{StoreError, Versioned};

/// A journal that is ours.
pub(super) struct Opened {
    pub(super) journal: Journal,
    /// Whether nothing can be recorded yet, because the task began with this run.
    pub(super) fresh: bool,
    /// As it was written last.
    head: Mutex<Versioned<Head>>,
}

impl Opened {
    pub(super) fn new(journal: Journal, head: Versioned<Head>) -> Self {
        Self { journal, fresh: head.value.epoch == 1, head: Mutex::new(head) }
    }

    pub(super) fn task(&self) -> &str {
        self.journal.task()
    }

    /// The head as it was written last.
    pub(super) fn last(&self) -> Head {
        self.head().value.clone()
    }

    /// Moves the head on; false where it is not ours any more.
    pub(super) async fn advance(&self, state: State, calls: u32) -> Result<bool, StoreError> {
        let mut held = self.head().clone();
        loop {
            let Versioned { value, revision } = held;
            let calls = value.calls.max(calls);
            let next = Head { epoch: value.epoch + 1, state: state.clone(), calls, ..value };
            let by = next.by.clone();
            if let Some(written) = self.journal.write(Some(revision), next).await? {
                *self.head() = written;
                return Ok(true);
            }
            // That the request was acknowledged is noted by others; and an error may have hidden a write of our own.
            match self.journal.head().await? {
                Some(found) if found.value.by == by => held = found,
                _ => return Ok(false),
            }
        }
    }

    /// Notes that the request is acknowledged.
    pub(super) async fn settle(&self) -> Result<(), StoreError> {
        let Versioned { value, revision } = self.head().clone();
        match self.journal.write(Some(revision), Head { settled: true, ..value }).await? {
            Some(_) => Ok(()),
            None => self.journal.settle().await,
        }
    }

    fn head(&self) -> MutexGuard<'_, Versioned<Head>> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
