//! The records of one task in the store.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use soorma_common::EventEnvelope;

use super::{
    Wake,
    record::{Head, Made, Recorded, State},
};
use crate::store::{Key, Records, Store, StoreError, Update, Versioned};

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

    pub(super) async fn head(&self) -> Result<Option<Versioned<Head>>, StoreError> {
        self.heads().get(&self.task).await
    }

    /// Takes the task for a ticket: a new task, one that nobody runs, or one that was run on this very ticket. Gives the
    /// epoch from now on; `None` where somebody else carries it.
    pub(super) async fn take(
        &self,
        ticket: &str,
        wake: Option<&Wake>,
        request: &EventEnvelope,
        subscription: &str,
    ) -> Result<Option<u64>, StoreError> {
        let running = || State::Running { ticket: ticket.to_owned() };
        let first = || Head {
            epoch: 1,
            state: running(),
            request: request.clone(),
            subscription: subscription.to_owned(),
        };
        let take = |head: Option<Head>| match head {
            None if wake.is_none() => Update::Write(first(), Some(1)),
            Some(head) if head.is_for(ticket, wake) => {
                let epoch = head.epoch + 1;
                Update::Write(Head { epoch, state: running(), ..head }, Some(epoch))
            }
            _ => Update::Keep(None),
        };
        self.heads().update(&self.task, take).await
    }

    /// Moves the head on from this epoch to the next one, which is given; `None` where somebody else has.
    pub(super) async fn advance(&self, epoch: u64, state: State) -> Result<Option<u64>, StoreError> {
        let advance = |head: Option<Head>| match head {
            Some(head) if head.epoch == epoch => {
                let next = epoch + 1;
                Update::Write(Head { epoch: next, state: state.clone(), ..head }, Some(next))
            }
            _ => Update::Keep(None),
        };
        self.heads().update(&self.task, advance).await
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

    /// Removes everything; the head last, so that what is left over is found by it.
    pub(super) async fn remove(&self, calls: u32) -> Result<(), StoreError> {
        for number in 0..calls {
            let number = number.to_string();
            self.calls::<Made>().delete(&number).await?;
            self.outcomes::<Recorded>().delete(&number).await?;
        }
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
