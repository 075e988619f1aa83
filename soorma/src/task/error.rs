//! What a task's own calls fail with.

use std::time::Duration;

use crate::{
    broker::PublishError,
    error::{BusError, DecodeError, TaskFailed, why_unanswered},
    store::StoreError,
};

/// A delegation, a step or a sleep of a task that gave nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// The other agent gave up.
    #[error("`{event_type}` failed")]
    Failed {
        /// The event type of the request.
        event_type: String,
        /// What it says.
        #[source]
        failed: Box<TaskFailed>,
    },
    /// Nobody answered in time.
    #[error("nobody answered `{event_type}` within {waited:?}: {}", why_unanswered(*.is_consumed))]
    TimedOut {
        /// The event type of the request.
        event_type: String,
        /// How long the task waited.
        waited: Duration,
        /// Whether an agent that lives consumes the request, as the registry has it when the error is made: a second run may
        /// find it otherwise. `None` where the registry is out of reach.
        is_consumed: Option<bool>,
    },
    /// The request was not published.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The answer, or what was recorded of a step, has another shape.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// What was recorded of a step has another shape, or what it gave cannot be written as JSON.
    #[error("step `{name}`: what it gave cannot be kept as JSON, or read back")]
    NotJson {
        /// The step.
        name: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The state of a deferred task has another shape, or cannot be written as JSON.
    #[error("the state of the task cannot be kept as JSON, or read back")]
    State(#[source] serde_json::Error),
    /// The step failed; nothing is recorded, and the next run does it again under the same key.
    #[error("step `{name}` failed")]
    Step {
        /// The step.
        name: String,
        /// Its error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The code has changed since the task began: the journal says that this call did something else. The task goes to the
    /// dead letters; replay it once the code fits again, and it goes on where it was.
    #[error(
        "call {number} of the task was `{recorded}` when it was recorded, and is `{now}` now: the code has changed"
    )]
    Changed {
        /// Which call, from 0.
        number: u32,
        /// What was recorded.
        recorded: String,
        /// What the code does now.
        now: String,
    },
    /// Another instance has the task now, or this run of it has ended. Whatever the function returns is not looked at.
    #[error("this run of the task is over: it has ended, or another instance has taken the task over")]
    TakenOver,
    /// The journal cannot be reached. The task is handed back, and no attempt is counted.
    #[error("the journal of the task is out of reach")]
    Journal(#[from] StoreError),
    /// There is no app: the function was called by a test, with [`Task::new`](crate::Task::new).
    #[error("a task that a test has made delegates nothing and has no journal")]
    NoApp,
}

impl TaskError {
    /// Whether it stands in the journal, or is so by nature, so that another attempt meets it again.
    pub(crate) fn is_for_good(&self) -> bool {
        match self {
            Self::Bus(BusError::Publish { source: PublishError::Unsupported(_), .. })
            | Self::Failed { .. }
            | Self::TimedOut { .. }
            | Self::Decode(_)
            | Self::State(_)
            | Self::Changed { .. }
            | Self::NoApp => true,
            Self::Bus(_) | Self::NotJson { .. } | Self::Step { .. } | Self::TakenOver | Self::Journal(_) => {
                false
            }
        }
    }
}
