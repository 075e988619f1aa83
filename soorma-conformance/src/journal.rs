//! What handlers write down, for the case to read.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use anyhow::bail;

use crate::{tolerance::PATIENCE, wait};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) who: String,
    pub(crate) number: u32,
    pub(crate) key: String,
    pub(crate) attempt: u32,
    pub(crate) at: Instant,
}

/// All that happened, oldest first. Clones are one journal.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<Entry>>>);

impl Journal {
    pub(crate) fn add(&self, entry: Entry) {
        self.lock().push(entry);
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// What this one wrote.
    pub(crate) fn of(&self, who: &str) -> Vec<Entry> {
        self.lock().iter().filter(|entry| entry.who == who).cloned().collect()
    }

    /// The numbers that this one wrote, sorted.
    pub(crate) fn numbers_of(&self, who: &str) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.of(who).iter().map(|entry| entry.number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// How often each number was written.
    pub(crate) fn counts(&self) -> BTreeMap<u32, usize> {
        let mut counts = BTreeMap::new();
        for entry in self.lock().iter() {
            *counts.entry(entry.number).or_default() += 1;
        }
        counts
    }

    pub(crate) fn has(&self, number: u32) -> bool {
        self.lock().iter().any(|entry| entry.number == number)
    }

    /// Waits until there are so many entries.
    pub(crate) async fn reaches(&self, len: usize) -> anyhow::Result<()> {
        match wait::used_up(|| len.saturating_sub(self.len())).await {
            true => Ok(()),
            false => bail!("{} of {len} runs of handlers, and no more within {PATIENCE:?}", self.len()),
        }
    }

    /// Waits until each of these numbers was written at least once.
    pub(crate) async fn covers(&self, numbers: std::ops::Range<u32>) -> anyhow::Result<()> {
        let missing = || {
            let counts = self.counts();
            numbers.clone().filter(|number| !counts.contains_key(number)).collect::<Vec<_>>()
        };
        let left = || match numbers.len().saturating_sub(self.len()) {
            0 => missing().len(),
            more => more,
        };
        if wait::used_up(left).await {
            return Ok(());
        }
        let missing = missing();
        let first: Vec<_> = missing.iter().take(5).collect();
        bail!("{} events were not handled, and none within {PATIENCE:?}, first {first:?}", missing.len())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
