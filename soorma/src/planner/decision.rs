//! What a planner may decide. A closed set: `match` without a wildcard is a feature.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::toolkit::ValidatedPayload;

/// What a planner's model decided.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannerDecision {
    /// The decision: under this id its [record](super::DecisionRecord) is kept.
    pub id: String,
    /// What is done next.
    pub action: PlannerAction,
    /// Why, in the model's words, cut to 2,000 characters: for people, not to act on.
    pub reason: String,
}

/// What is done next.
#[derive(Clone, Debug, PartialEq)]
pub enum PlannerAction {
    /// An event is published.
    Publish {
        /// One of the offered events.
        payload: ValidatedPayload,
    },
    /// The goal is reached, or it cannot be.
    Complete {
        /// What has come of it. Its shape is up to the model: read it into a type before it goes on.
        result: Map<String, Value>,
    },
    /// Nothing is done until something happens.
    Wait {
        /// One of the events that may be waited for.
        expected_event: String,
        /// For how long: 1 s to 30 days, an hour where the model says nothing.
        timeout: Duration,
    },
    /// Another agent goes on.
    Delegate {
        /// One that may be delegated to, that lived when the model was asked, and that takes the event.
        agent: String,
        /// One of the offered events.
        payload: ValidatedPayload,
    },
}
