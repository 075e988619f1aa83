//! Dead letters: events that a subscription could not handle, kept with the reason.

use std::fmt;

use serde::{Deserialize, Serialize};
use soorma_common::Timestamp;

use super::{Body, BrokerError, SubscriptionId};
use crate::BoxFuture;

/// An event that one subscription could not handle, and why.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The subscription that gave up.
    pub subscription: SubscriptionId,
    /// The event's place in its topic. With the subscription it identifies the dead letter.
    pub sequence: u64,
    /// What came.
    pub body: Body,
    /// Why.
    pub reason: DeadLetterReason,
    /// The first error and its causes, outermost first: what went wrong before anything was tried again.
    pub first_errors: Vec<String>,
    /// The last error and its causes, outermost first; the same where it failed once.
    pub errors: Vec<String>,
    /// The path of the handler, for example `orders::reserve`.
    pub handler: String,
    /// How often the handler was tried.
    pub attempts: u32,
    /// When it failed first.
    pub first_failure: Timestamp,
    /// When it failed last.
    pub last_failure: Timestamp,
}

impl DeadLetter {
    /// What [`DeadLetters::replay`] and [`DeadLetters::purge`] take.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}.{}", self.subscription.durable_name(), self.sequence)
    }
}

/// Why an event was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DeadLetterReason {
    /// The last attempt that the retry policy allows failed.
    AttemptsExhausted,
    /// The handler said that no further attempt will help.
    Rejected,
    /// The data does not have the shape that the handler takes.
    Undecodable,
    /// Its handler published past the depth that a workflow may have.
    TooDeep,
    /// The process died with it, again and again.
    ProcessLost,
    /// It is no event at all.
    Malformed,
    /// It says another topic or event type than the place where it was found.
    Misrouted,
}

impl fmt::Display for DeadLetterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AttemptsExhausted => "attempts exhausted",
            Self::Rejected => "rejected",
            Self::Undecodable => "undecodable",
            Self::TooDeep => "too deep",
            Self::ProcessLost => "process lost",
            Self::Malformed => "malformed",
            Self::Misrouted => "misrouted",
        })
    }
}

/// Where events are kept that nobody could handle.
pub trait DeadLetters: Send + Sync {
    /// The oldest `limit` dead letters.
    ///
    /// # Errors
    /// [`BrokerError`] where the broker is away.
    fn list(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, BrokerError>>;

    /// Delivers one again, to the subscription that gave up (under the id that it has by now, where it was renamed) and
    /// to no other: same id, lineage and data, attempts
    /// from 1. Removes it from the dead letters; false where there is none of that id.
    ///
    /// # Errors
    /// [`BrokerError::Refused`] where the subscription does not exist, or where a broker can tell that it does not hear
    /// such events any more; others where the broker is away.
    fn replay<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, BrokerError>>;

    /// Removes one; false where there is none of that id.
    ///
    /// # Errors
    /// [`BrokerError`] where the broker is away.
    fn purge<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, BrokerError>>;
}
