//! Why an endpoint gave no answer, and whether the call counts.

use std::io;

use soorma::planner::ModelError;
use ureq::Timeout;

/// How much of a response is shown, in characters.
const SHOWN: usize = 200;

/// An endpoint gave no answer. Causes stand in the text: the record of a decision keeps one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("the model's endpoint cannot be reached: {0}")]
    Unreachable(ureq::Error),
    #[error("the model's endpoint is busy: HTTP {status}")]
    Busy { status: u16 },
    #[error("the call of the model broke off: {0}")]
    BrokeOff(ureq::Error),
    #[error("the model's endpoint answered with HTTP {status}: {says}")]
    Status { status: u16, says: String },
    #[error("the model's endpoint gave no chat completion: {reason}; it said: {says}")]
    NoCompletion { reason: serde_json::Error, says: String },
    #[error("the model's endpoint gave a chat completion without a choice")]
    NoChoice,
}

impl ProviderError {
    /// What has not begun has cost nothing.
    pub(super) fn into_model_error(self) -> ModelError {
        match self {
            Self::Unreachable(_) | Self::Busy { .. } => ModelError::not_taken(self),
            _ => ModelError::failed(self),
        }
    }
}

impl From<ureq::Error> for ProviderError {
    fn from(error: ureq::Error) -> Self {
        match &error {
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Self::Unreachable(error),
            ureq::Error::Io(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => {
                Self::Unreachable(error)
            }
            _ => Self::BrokeOff(error),
        }
    }
}

/// The beginning of a response, on one line.
pub(super) fn beginning(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(SHOWN).collect()
}
