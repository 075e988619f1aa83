//! Timers of tasks: events that nobody hears before their time.

use std::{sync::Arc, time::Duration};

use soorma_common::{Address, EventDraft, EventTopic, Timestamp, lineage};

use super::{delegate::Call, error::TaskError, id, run::TaskRun};
use crate::{
    broker::{Publication, PublishError},
    error::BusError,
};

/// The event type of a timer.
const TIMER: &str = "soorma.timer";

/// Sleeps, also over the death of the process.
pub(crate) async fn sleep(run: &TaskRun, number: u32, duration: Duration) -> Result<(), TaskError> {
    let what = format!("sleep {duration:?}");
    let call = Call { run, opened: run.open().await?, number, what, timeout: Some(duration) };
    call.outcome(None::<fn(Option<Timestamp>) -> Publication>).await.map(drop)
}

impl TaskRun {
    /// Publishes an event of the task under the id that it has.
    pub(super) async fn send(&self, publication: Publication) -> Result<(), TaskError> {
        let limit = self.services.settings.max_depth;
        let event = &publication.event;
        if event.depth > limit {
            return Err(BusError::TooDeep {
                event_type: event.event_type.to_string(),
                depth: event.depth,
                limit,
            }
            .into());
        }
        self.publish(publication).await
    }

    /// Has the agent told at a time: the timer's id says what.
    pub(super) async fn set_timer(&self, id: String, until: Timestamp) -> Result<(), TaskError> {
        let now = self.services.clock.timestamp();
        let mut draft = EventDraft::new(EventTopic::ActionResults, TIMER, &())
            .map_err(|source| BusError::Encode { event_type: TIMER.to_owned(), source })?;
        draft.payload_schema_name = Some(id::TIMER_SCHEMA.into());
        let event = lineage::child(self.request(), self.agent.clone(), id, draft, now);
        let to = Address::Group(id::group_of(&self.agent));
        let delay = until.since(now);
        self.publish(Publication { delay, ..Publication::new(Arc::new(event), to) }).await
    }

    async fn publish(&self, publication: Publication) -> Result<(), TaskError> {
        let event_type = publication.event.event_type.to_string();
        let stored = self.services.broker.publish(vec![publication]).await.pop();
        let error = match stored {
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) => error,
            None => PublishError::Unavailable("the broker gave no result".into()),
        };
        Err(BusError::Publish { event_type, source: error }.into())
    }
}
