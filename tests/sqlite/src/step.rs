//! The events that the tests publish, and that processes handle.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soorma::prelude::EventPayload;

/// One piece of work.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "process.step", key = key)]
pub struct Step {
    /// Which one.
    pub number: u32,
    /// One after the other where it is the same.
    pub key: String,
    /// What its handler does.
    pub does: Does,
}

/// What a handler does.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Does {
    /// Takes 5 ms.
    Work,
    /// Never ends in the process whose first argument is `hangs`; else takes 5 ms.
    Hang,
    /// Waits until its process is told to go.
    Wait,
    /// Ends its process.
    Die,
}

/// What is left of one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "process.done")]
pub struct Done {
    /// Which one.
    pub number: u32,
}

/// A request to double a number.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "process.double", response = Doubled)]
pub struct Double {
    /// Which one.
    pub number: u32,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "process.doubled")]
pub struct Doubled {
    /// Twice as much.
    pub number: u32,
}
