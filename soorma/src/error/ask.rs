//! A question without an answer.

use std::time::Duration;

use super::{BusError, DecodeError, TaskFailed};
use crate::broker::BrokerError;

/// An `ask` that brought no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The request was not published.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The inbox for the answer could not be made.
    #[error("the inbox for answers could not be made")]
    Inbox(#[from] BrokerError),
    /// Nobody answered in time.
    #[error("nobody answered `{event_type}` within {waited:?}: {}", why_unanswered(*.is_consumed))]
    TimedOut {
        /// The event type of the request.
        event_type: String,
        /// How long the caller waited.
        waited: Duration,
        /// Whether an agent that lived then consumes the request, as the registry has it. `None` where that is not known: the
        /// registry is out of reach, or nobody is registered in it, as in that of a [`Client`](crate::Client), which has
        /// no store.
        is_consumed: Option<bool>,
    },
    /// The worker gave up.
    #[error(transparent)]
    Failed(#[from] TaskFailed),
    /// The answer does not have the declared shape.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The app was shut down while the caller waited.
    #[error("the app was shut down before `{event_type}` was answered")]
    Closed {
        /// The event type of the request.
        event_type: String,
    },
}

/// What is said of a request that nobody answered.
pub(crate) fn why_unanswered(is_consumed: Option<bool>) -> &'static str {
    match is_consumed {
        Some(true) => "an agent that lives consumes it, and is late",
        Some(false) => {
            "no agent that lives consumes it; is the one that should running, and on the same store?"
        }
        None => "whether an agent that lives consumes it is not known",
    }
}
