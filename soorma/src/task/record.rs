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
    /// The run that took it last: a write of which it has not learnt is its own all the same.
    pub(super) by: String,
    pub(super) state: State,
    /// How many calls its runs have made, as far as one has said so.
    pub(super) calls: u32,
    /// Whether the delivery of the request is acknowledged, so that it does not come again.
    pub(super) settled: bool,
    pub(super) request: EventEnvelope,
    /// The durable name of the handler's subscription.
    pub(super) subscription: String,
}

/// Each names the delivery that carried the task last, its ticket: the request itself, or a wake-up. As long as that is not
/// settled it may come again, and is entitled to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Somebody runs it. As long as the ticket is not settled, the broker sees to it that somebody does.
    Running { ticket: String },
    /// Nobody does. Whoever records what it waits for wakes it.
    Suspended { ticket: String },
    /// It goes to the dead letters. Its request, replayed, goes on with it; nothing wakes it.
    GivenUp { ticket: String },
    /// Its outputs are published, and nothing is to be run again.
    Done { ticket: String },
}

impl Head {
    /// Whether this ticket may take the task up.
    pub(super) fn is_for(&self, ticket: &str, wake: Option<&Wake>) -> bool {
        match &self.state {
            State::Running { ticket: carrier } => carrier == ticket,
            // A wake-up counts for one suspension; the request itself for any, should it come again.
            State::Suspended { ticket: carrier } => {
                carrier == ticket || wake.is_none_or(|wake| wake.epoch == self.epoch)
            }
            State::GivenUp { ticket: carrier } => carrier == ticket || wake.is_none(),
            State::Done { .. } => false,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done { .. })
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
    Given(Box<RawValue>),
    /// Its time is over.
    Elapsed,
}
