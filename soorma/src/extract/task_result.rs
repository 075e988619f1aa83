//! `TaskResult<T>`: the answer to a request, or the reason why there is none.

use std::sync::{Arc, atomic::AtomicU32};

use soorma_common::{EventDraft, EventEnvelope, EventTopic, Payload, Request, Timestamp};

use super::FromDelivery;
use crate::{
    Bus, OpenTask, TaskError, TaskFailed,
    handler::{Incoming, Roles},
    task,
};

/// The answer to a request of this agent: the response, or [`TaskFailed`].
///
/// ```
/// use soorma::{TaskFailed, TaskResult};
///
/// # fn handle(result: TaskResult<serde_json::Value>) -> Result<(), TaskFailed> {
/// let response = result.into_result()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TaskResult<T> {
    result: Result<T, TaskFailed>,
    envelope: Arc<EventEnvelope>,
    /// `None` in a test that calls the handler itself.
    bus: Option<Bus>,
    /// How many changes were made to the task's state.
    changes: Arc<AtomicU32>,
}

impl<T> TaskResult<T> {
    /// What surrounds the answer: id, lineage.
    #[must_use]
    pub fn envelope(&self) -> &EventEnvelope {
        &self.envelope
    }

    /// The id of the request that this answers.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.envelope.parent_event_id.as_deref().unwrap_or(&self.envelope.correlation_id)
    }

    /// The deferred task that sent the request. `None` where it is no task of this type, or the task is answered already.
    ///
    /// # Errors
    /// [`TaskError`]; [`TaskError::NoApp`] where a test has made the result.
    pub async fn task<P: Request>(&self) -> Result<Option<OpenTask<P>>, TaskError>
    where
        T: Sync,
    {
        let bus = self.bus.as_ref().ok_or(TaskError::NoApp)?;
        task::find(bus, self.request_id(), self.changes.clone()).await
    }

    /// The response, or why there is none.
    ///
    /// # Errors
    /// [`TaskFailed`] where the worker gave up.
    pub fn as_result(&self) -> Result<&T, &TaskFailed> {
        self.result.as_ref()
    }

    /// The response, or why there is none.
    ///
    /// # Errors
    /// [`TaskFailed`] where the worker gave up.
    pub fn into_result(self) -> Result<T, TaskFailed> {
        self.result
    }
}

impl<T: Payload> TaskResult<T> {
    /// An answer out of nothing, to call a handler in a test. Its source is `test`.
    ///
    /// # Panics
    /// Where the payload cannot be written as JSON.
    #[must_use]
    pub fn new(result: Result<T, TaskFailed>) -> Self {
        let envelope = match &result {
            Ok(response) => EventDraft::new(EventTopic::ActionResults, "test", response),
            Err(failed) => EventDraft::new(EventTopic::ActionResults, "test.failed", failed),
        };
        match envelope {
            Ok(draft) => {
                let envelope = Arc::new(EventEnvelope::root("test", draft, Timestamp::now()));
                Self { result, envelope, bus: None, changes: Arc::default() }
            }
            Err(error) => panic!("`TaskResult::new`: the payload cannot be written as JSON: {error}"),
        }
    }
}

impl<T: Payload> FromDelivery for TaskResult<T> {
    type Payload = T;
    const ROLES: Roles = Roles::ON_RESULT;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        let envelope = incoming.event()?.clone();
        let result =
            if TaskFailed::is_in(&envelope) { Err(incoming.payload()?) } else { Ok(incoming.payload()?) };
        Ok(Self { result, envelope, bus: Some(incoming.bus()), changes: Arc::default() })
    }
}
