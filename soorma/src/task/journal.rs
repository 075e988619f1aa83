//! The records of one task in the store.

use std::{sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::record::{Head, Made, Recorded};
use crate::{
    BoxFuture,
    at_once::try_at_once,
    store::{Key, Records, Store, StoreError, Versioned},
};

/// For how long it is known of a task that it is done, where its request may come again: as long as a topic keeps it.
const RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// How many records of a task that is done are removed at once.
const REMOVED_AT_ONCE: usize = 16;

/// The journal of one task.
#[derive(Clone)]
pub(super) struct Journal {
    store: Arc<dyn Store>,
    agent: String,
    task: String,
}

impl Journal {
    pub(super) fn new(store: Arc<dyn Store>, agent: &str, task: &str) -> Self {
        Self { store, agent: agent.to_owned(), task: task.to_owned() }
    }

    pub(super) fn task(&self) -> &str {
        &self.task
    }

    pub(super) async fn head(&self) -> Result<Option<Versioned<Head>>, StoreError> {
        self.heads().get(&self.task).await
    }

    /// Writes the head where it is still as it was read, or where there was none; `None` where it is not.
    pub(super) async fn write(
        &self,
        revision: Option<u64>,
        value: Head,
    ) -> Result<Option<Versioned<Head>>, StoreError> {
        let heads = match value.is_done() {
            true => self.heads().expiring(RETENTION),
            false => self.heads(),
        };
        let written = match revision {
            Some(revision) => heads.compare_and_set(&self.task, revision, &value).await,
            None => heads.create_at(&self.task, &value).await,
        };
        match written {
            Ok(revision) => Ok(Some(Versioned { value, revision })),
            Err(StoreError::Conflict(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Notes that the request is acknowledged; then nobody comes any more for whom a task that is done need be known.
    pub(super) async fn settle(&self) -> Result<(), StoreError> {
        while let Some(Versioned { value, revision }) = self.head().await? {
            if value.is_done() {
                // Whoever has finished it may have died before it came to them.
                self.remove_calls(value.calls).await?;
                return self.remove_head().await;
            }
            if value.settled || self.write(Some(revision), Head { settled: true, ..value }).await?.is_some() {
                break;
            }
        }
        Ok(())
    }

    pub(super) async fn made(&self, number: u32) -> Result<Option<Made>, StoreError> {
        Ok(self.calls().get(&number.to_string()).await?.map(|found| found.value))
    }

    pub(super) async fn make(&self, number: u32, made: &Made) -> Result<(), StoreError> {
        self.calls().put(&number.to_string(), made).await.map(drop)
    }

    pub(super) async fn outcome(&self, number: u32) -> Result<Option<Recorded>, StoreError> {
        Ok(self.outcomes().get(&number.to_string()).await?.map(|found| found.value))
    }

    /// Records what came of a call; what is recorded stays. Gives what stands there.
    pub(super) async fn record(&self, number: u32, recorded: Recorded) -> Result<Recorded, StoreError> {
        loop {
            if self.outcomes().create(&number.to_string(), &recorded).await? {
                return Ok(recorded);
            }
            if let Some(first) = self.outcome(number).await? {
                return Ok(first);
            }
        }
    }

    pub(super) async fn erase(&self, number: u32) -> Result<(), StoreError> {
        self.outcomes::<Recorded>().delete(&number.to_string()).await.map(drop)
    }

    /// Removes the records of calls. The head, which stays, says that the task is done.
    pub(super) async fn remove_calls(&self, calls: u32) -> Result<(), StoreError> {
        let each = (0..calls).map(|number| -> BoxFuture<'_, Result<(), StoreError>> {
            Box::pin(async move {
                let number = number.to_string();
                self.calls::<Made>().delete(&number).await?;
                self.outcomes::<Recorded>().delete(&number).await.map(drop)
            })
        });
        try_at_once(REMOVED_AT_ONCE, each.collect()).await.map(drop)
    }

    pub(super) async fn remove_head(&self) -> Result<(), StoreError> {
        self.heads::<Head>().delete(&self.task).await.map(drop)
    }

    fn heads<T: Serialize + DeserializeOwned>(&self) -> Records<T> {
        Records::new(self.store.clone(), Key::from(["tasks", &self.agent, "heads"]))
    }

    fn calls<T: Serialize + DeserializeOwned>(&self) -> Records<T> {
        Records::new(self.store.clone(), Key::from(["tasks", &self.agent, "calls", &self.task]))
    }

    fn outcomes<T: Serialize + DeserializeOwned>(&self) -> Records<T> {
        Records::new(self.store.clone(), Key::from(["tasks", &self.agent, "outcomes", &self.task]))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::{clock::Clock, store::memory::MemoryStore, task::record::Outcome};

    fn value(text: &str) -> Recorded {
        let value = RawValue::from_string(text.to_owned()).unwrap();
        Recorded { what: "step x".to_owned(), outcome: Outcome::Given(value) }
    }

    #[tokio::test]
    async fn of_two_that_record_one_call_one_wins_and_both_have_its_value() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Clock::simulated()));
        let [one, two] = [(); 2].map(|()| Journal::new(store.clone(), "agent", "task"));
        let (first, second) = tokio::join!(one.record(0, value("1")), two.record(0, value("2")));
        let [first, second] = [first, second].map(|recorded| match recorded.unwrap().outcome {
            Outcome::Given(value) => value.get().to_owned(),
            other => panic!("{other:?}"),
        });
        assert_eq!(first, second);
    }
}
