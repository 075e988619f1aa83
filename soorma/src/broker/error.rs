//! What can go wrong between the framework and a broker.

use std::time::Duration;

/// The broker could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// This handle was closed.
    #[error("the broker handle is closed")]
    Closed,
    /// The broker does not answer.
    #[error("the broker is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The broker does not accept what was asked.
    #[error("the broker refused: {0}")]
    Refused(String),
}

/// An event was not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// This handle was closed.
    #[error("the broker handle is closed")]
    Closed,
    /// The topic is full, and no room came free in time.
    #[error("topic `{topic}` is full: no room came free within {waited:?}")]
    Full {
        /// The topic.
        topic: soorma_common::EventTopic,
        /// How long the publisher waited.
        waited: Duration,
    },
    /// The event is larger than the broker takes.
    #[error("the event has {bytes} bytes, and this broker takes {limit} at the most")]
    TooLarge {
        /// What it has.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The broker cannot do that: [`Capabilities`](super::Capabilities) says so.
    #[error("this broker cannot {0}")]
    Unsupported(&'static str),
    /// The broker does not let this process publish there.
    #[error("the broker does not permit it: {0}")]
    Denied(String),
    /// The topic does not exist on the broker, or not any more.
    #[error("topic `{topic}` does not exist on the broker")]
    NoTopic {
        /// The topic.
        topic: soorma_common::EventTopic,
    },
    /// The broker does not accept what was published.
    #[error("the broker refused: {0}")]
    Refused(String),
    /// The broker does not answer.
    #[error("the broker is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A delivery was not settled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettleError {
    /// The lease ended, or the delivery is settled: it belongs to somebody else, or to nobody.
    #[error("the delivery is not held any more")]
    Lost,
    /// The broker does not answer.
    #[error("the broker is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<BrokerError> for PublishError {
    fn from(error: BrokerError) -> Self {
        match error {
            BrokerError::Closed => Self::Closed,
            BrokerError::Unavailable(source) => Self::Unavailable(source),
            BrokerError::Refused(why) => Self::Refused(why),
        }
    }
}

impl From<BrokerError> for SettleError {
    fn from(error: BrokerError) -> Self {
        match error {
            BrokerError::Unavailable(source) => Self::Unavailable(source),
            other => Self::Unavailable(Box::new(other)),
        }
    }
}
