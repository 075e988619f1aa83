//! `outputs = "recorded"`: what a run returned is stored as one record before it is published, and a run that comes after
//! publishes the record and does not call the handler.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use soorma_common::{Address, EventEnvelope, id};

use super::attempt::Attempt;
use crate::{
    broker::Publication,
    store::{Key, Records},
    task::TaskError,
};

/// What a run returned.
#[derive(Serialize, Deserialize)]
struct Returned {
    outputs: Vec<Stored>,
    /// How many calls a task had made by then: a run that publishes this makes none, and removes what is recorded of them.
    #[serde(default)]
    calls: u32,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    event: EventEnvelope,
    to: Address,
}

impl Attempt<'_> {
    /// What an earlier run returned, where it is recorded. Of a task this run takes up what that one has left besides.
    pub(super) async fn returned(&self) -> Result<Option<Vec<Publication>>, TaskError> {
        let Some(found) = self.returns().get(&self.returns_of()).await? else { return Ok(None) };
        let Returned { outputs, calls } = found.value;
        if let Some(task) = &self.task {
            task.take_up(calls).await?;
        }
        Ok(Some(
            outputs.into_iter().map(|Stored { event, to }| Publication::new(Arc::new(event), to)).collect(),
        ))
    }

    /// Records what a run returned; gives what is to be published.
    pub(super) async fn record_returned(
        &self,
        publications: Vec<Publication>,
    ) -> Result<Vec<Publication>, TaskError> {
        let outputs = publications
            .iter()
            .map(|one| Stored { event: (*one.event).clone(), to: one.to.clone() })
            .collect();
        let calls = self.task.as_ref().map_or(0, |task| task.calls_made());
        let created = self.returns().create(&self.returns_of(), &Returned { outputs, calls }).await?;
        if created {
            return Ok(publications);
        }
        // Another instance was faster: its outputs count.
        Ok(self.returned().await?.unwrap_or(publications))
    }

    /// Once the event is acknowledged. What cannot be removed is left to expire.
    pub(super) async fn forget_returned(&self) {
        if let Err(error) = self.returns().delete(&self.returns_of()).await {
            tracing::debug!(%error, event = &*self.event.id, "recorded outputs are left to expire");
        }
    }

    pub(super) fn is_recorded(&self) -> bool {
        self.work.handler.registration.options.recorded
    }

    fn returns(&self) -> Records<Returned> {
        let handler = &self.work.handler;
        let prefix = Key::from(["outputs", &*handler.durable_name]);
        Records::new(self.work.services.store.clone(), prefix).expiring(handler.policy.remembered())
    }

    /// By the event, not by the delivery: a replay of its dead letter finds the record, too.
    fn returns_of(&self) -> String {
        id::derived(&[b"outputs", self.event.source.as_bytes(), self.event.id.as_bytes()])
            .simple()
            .to_string()
    }
}
