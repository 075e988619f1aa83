//! A decision was not made.

use super::ModelError;
use crate::store::StoreError;

/// A decision was not made. Nothing was published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecideError {
    /// There is nothing to choose from: the model was not asked.
    #[error("no event is offered, so there is nothing to decide")]
    NothingOffered,
    /// The situation cannot be written as JSON.
    #[error("the situation cannot be written as JSON")]
    Situation(#[source] serde_json::Error),
    /// The model was asked as often as it may be, and no answer was taken. Further attempts of the handler get this at once,
    /// without a call: to ask again takes a higher `max_calls`, or the [record](super::DecisionRecord) deleted.
    #[error(
        "decision `{id}`: no answer of the model was taken in {calls} calls, the most there may be{}",
        told(.last_violations.as_deref())
    )]
    Exhausted {
        /// The decision.
        id: String,
        /// How many calls were made.
        calls: usize,
        /// What was wrong with the last answer; `None` where no call gave one.
        last_violations: Option<String>,
    },
    /// The model gave no answer.
    #[error("the model was asked, without success")]
    Model(#[from] ModelError),
    /// What was decided earlier does not hold now: its event, say, is offered no more. It holds again once the offer is
    /// as it was; to have the model asked anew, delete the [record](super::DecisionRecord).
    #[error("decision `{id}` is recorded, and does not hold any more: {violations}")]
    Outdated {
        /// The decision.
        id: String,
        /// Why.
        violations: String,
    },
    /// The store could not be read or written. A call that was begun counts.
    #[error("the record of the decision could not be read or written")]
    Store(#[from] StoreError),
}

fn told(violations: Option<&str>) -> String {
    violations.map(|violations| format!("; of the last one: {violations}")).unwrap_or_default()
}
