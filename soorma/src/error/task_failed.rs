//! The answer of a worker that gave up.

use serde::{Deserialize, Serialize};
use soorma_common::EventEnvelope;

use super::DecodeError;

/// The answer to a request that failed for good: no caller waits for ever.
///
/// It travels as `<response event>.failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the worker gave up after {attempts} attempt(s): {reason}")]
pub struct TaskFailed {
    /// The last error with its causes, for people.
    pub reason: String,
    /// Why the attempts ended, for programs: `attempts-exhausted`, `rejected`, `undecodable`, `too-deep`,
    /// `process-lost`; of a deferred task `failed`, where the worker said so by [`OpenTask::fail`](crate::OpenTask::fail), and
    /// `expired`, where nobody answered before the request's `expires_at`.
    pub code: String,
    /// Whether the same request might succeed later.
    pub retryable: bool,
    /// How often the worker tried.
    pub attempts: u32,
    /// The id of the request.
    pub request_id: String,
    /// What the request was about, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

impl TaskFailed {
    /// The schema name that marks it on the wire.
    pub(crate) const SCHEMA: &'static str = "soorma.TaskFailed";

    /// The last segment of its event type.
    pub(crate) const SUFFIX: &'static str = "failed";

    /// The event type in place of the response's.
    pub(crate) fn event_type(response_event: &str) -> String {
        format!("{response_event}.{}", Self::SUFFIX)
    }

    /// The failure in an event, if that is one: for observers, who hear answers of every kind.
    ///
    /// ```
    /// use soorma::{TaskFailed, prelude::*};
    ///
    /// #[on_event(topic = ActionResults, event_type = ">")]
    /// async fn watch(answer: EventEnvelope) -> anyhow::Result<()> {
    ///     if let Some(failed) = TaskFailed::of(&answer)? {
    ///         eprintln!("{:?}: {failed}", failed.subject);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`DecodeError`] where the event says that it is one, and has another shape.
    pub fn of(event: &EventEnvelope) -> Result<Option<Self>, DecodeError> {
        Self::is_in(event).then(|| DecodeError::read(event)).transpose()
    }

    /// Whether this event is one.
    pub(crate) fn is_in(event: &EventEnvelope) -> bool {
        event.payload_schema_name.as_deref() == Some(Self::SCHEMA)
    }
}
