//! Requests to the JetStream API, and its errors.

use std::time::Duration;

use async_nats::Subject;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{AskError, Link};
use crate::broker::BrokerError;

/// How long the API has for an answer, reconnecting included.
const PATIENCE: Duration = Duration::from_secs(10);

/// One answer, before it is asked for again.
const ANSWER: Duration = Duration::from_secs(5);

const PAUSE: Duration = Duration::from_millis(100);

/// JetStream did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ApiError {
    /// It said why.
    #[error("{description} ({})", code.0)]
    Answered {
        /// The number of the error.
        code: Code,
        /// Its text.
        description: String,
    },
    /// There was no answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The answer is none.
    #[error("the answer of the server is unreadable")]
    Unreadable(#[source] serde_json::Error),
}

/// The number of a JetStream error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Code(pub(crate) u64);

impl Code {
    pub(crate) const TEMPORARILY_UNAVAILABLE: Self = Self(10008);
    pub(crate) const CONSUMER_NOT_FOUND: Self = Self(10014);
    pub(crate) const MESSAGE_NOT_FOUND: Self = Self(10037);
    pub(crate) const SEQUENCE_NOT_FOUND: Self = Self(10043);
    pub(crate) const TOO_LARGE: Self = Self(10054);
    pub(crate) const STREAM_NOT_FOUND: Self = Self(10059);
    pub(crate) const WRONG_LAST_SEQUENCE: Self = Self(10071);
    pub(crate) const STORE_FAILED: Self = Self(10077);
    pub(crate) const CONSUMER_EXISTS: Self = Self(10148);
}

/// What an answer begins with, should it be an error.
#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub(super) error: Option<AnswerError<'a>>,
}

#[derive(Deserialize)]
pub(super) struct AnswerError<'a> {
    #[serde(default)]
    err_code: Code,
    #[serde(default, borrow)]
    description: std::borrow::Cow<'a, str>,
}

impl From<AnswerError<'_>> for ApiError {
    fn from(error: AnswerError<'_>) -> Self {
        Self::Answered { code: error.err_code, description: error.description.into_owned() }
    }
}

impl ApiError {
    /// The number, where the server answered with one.
    pub(crate) fn code(&self) -> Option<Code> {
        match self {
            Self::Answered { code, .. } => Some(*code),
            Self::Ask(_) | Self::Unreadable(_) => None,
        }
    }

    /// Whether JetStream is there, as far as this tells, and may answer later.
    pub(super) fn may_pass(&self) -> bool {
        self.passes() && !matches!(self, Self::Ask(AskError::NoResponder(_)))
    }

    fn passes(&self) -> bool {
        match self {
            Self::Answered { code, .. } => *code == Code::TEMPORARILY_UNAVAILABLE,
            Self::Ask(error) => error.passes(),
            Self::Unreadable(_) => false,
        }
    }
}

impl From<ApiError> for BrokerError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Answered { .. } => Self::Refused(error.to_string()),
            ApiError::Ask(AskError::Denied(_)) => Self::Refused(error.to_string()),
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

impl Link {
    /// Asks the JetStream API; again where the connection or JetStream comes back in time. Everything that is asked
    /// here may be asked twice.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn api<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        let subject = Subject::from(format!("$JS.API.{endpoint}"));
        let body = serde_json::to_vec(body).map_err(ApiError::Unreadable)?;
        let deadline = self.clock.now() + PATIENCE;
        loop {
            let error = match self.api_once(&subject, body.clone().into()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !error.passes() || self.clock.now() + PAUSE >= deadline {
                return Err(error);
            }
            self.clock.sleep(PAUSE).await;
        }
    }

    async fn api_once<T: DeserializeOwned>(
        &self,
        subject: &Subject,
        body: bytes::Bytes,
    ) -> Result<T, ApiError> {
        let answer = self.ask(subject.clone(), None, body, ANSWER).await?;
        let Answer { error } = serde_json::from_slice(&answer.payload).map_err(ApiError::Unreadable)?;
        if let Some(error) = error {
            return Err(error.into());
        }
        serde_json::from_slice(&answer.payload).map_err(ApiError::Unreadable)
    }
}
