//! What is written down of a task.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use soorma_common::{EventEnvelope, Timestamp};

use super::Wake;

/// The head of a task: who runs it. Written by compare-and-set; each one who takes it up counts the epoch on, and so
/// fences whoever had it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) epoch: u64,
    pub(super) state: State,
    pub(super) request: EventEnvelope,
    /// The durable name of the handler's subscription.
    pub(super) subscription: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Somebody runs it, on this delivery: the request itself, or a wake-up. As long as that delivery is not settled, the
    /// broker sees to it that somebody does.
    Running { ticket: String },
    /// Nobody does. Whoever records what it waits for wakes it.
    Suspended,
}

impl Head {
    /// Whether this ticket may take the task up.
    pub(super) fn is_for(&self, ticket: &str, wake: Option<&Wake>) -> bool {
        match &self.state {
            State::Running { ticket: carrier } => carrier == ticket,
            // A wake-up counts for one suspension; the request itself for any, should it come again.
            State::Suspended => wake.is_none_or(|wake| wake.epoch == self.epoch),
        }
    }
}

/// That a call was made, for what must not be made again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) what: String,
    /// When its time is over, where it has an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<Timestamp>,
    /// Whether it has been published. What was not may be published again.
    #[serde(default)]
    pub(super) published: bool,
}

/// What came of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Recorded {
    /// Empty where whoever recorded it did not know.
    pub(super) what: String,
    pub(super) outcome: Outcome,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// The answer of another agent, or that it gave up.
    Answer(Box<EventEnvelope>),
    /// What a step gave.
    Value(Box<RawValue>),
    /// Its time is over.
    Elapsed,
}
