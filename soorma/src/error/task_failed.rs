//! The answer of a worker that gave up.

use serde::{Deserialize, Serialize};
use soorma_common::EventEnvelope;

/// The answer to a request that failed for good: no caller waits for ever.
///
/// It travels as `<response event>.failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the worker gave up after {attempts} attempt(s): {reason}")]
pub struct TaskFailed {
    /// The last error, for people.
    pub reason: String,
    /// Why the attempts ended, for programs: `attempts-exhausted`, `rejected`, `undecodable`, `too-deep`,
    /// `process-lost`.
    pub code: String,
    /// Whether the same request might succeed later.
    pub retryable: bool,
    /// How often the worker tried.
    pub attempts: u32,
    /// The id of the request.
    pub request_id: String,
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

    /// Whether this event is one.
    pub(crate) fn is_in(event: &EventEnvelope) -> bool {
        event.payload_schema_name.as_deref() == Some(Self::SCHEMA)
    }
}
