//! Publishing into a stream: sent until the server says that it is stored, or why it never will be.

use std::time::{Duration, Instant};

use async_nats::{HeaderMap, Subject};
use bytes::Bytes;
use serde::{Deserialize, de::Error as _};

use super::{
    AskError, Link,
    api::{AnswerError, ApiError, Code},
};

/// How long one answer may take before the message is sent again.
const ANSWER: Duration = Duration::from_secs(5);

/// A message on its way into a stream.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) subject: Subject,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Bytes,
}

/// What the server said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    /// Its place in the stream.
    pub(crate) sequence: u64,
    /// Whether its id was known.
    pub(crate) duplicate: bool,
}

/// The same in JSON, or why not.
#[derive(Deserialize)]
struct Confirmation<'a> {
    #[serde(borrow, default)]
    error: Option<AnswerError<'a>>,
    seq: Option<u64>,
    #[serde(default)]
    duplicate: bool,
}

/// A message was not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StoreError {
    /// The stream has no room.
    #[error("the stream is full")]
    Full,
    /// Something else is the last of this subject.
    #[error("another message came first")]
    Conflict,
    /// It is larger than the server, or the stream, takes.
    #[error("the message is too large")]
    TooLarge,
    /// Everything else.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl Link {
    /// Stores a message: sends it, and sends it again where the connection was lost before the answer. A message
    /// needs an id, or an expected sequence, or it may be stored twice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn store(&self, message: &Message, deadline: Instant) -> Result<Stored, StoreError> {
        let mut again = false;
        let mut pause = Duration::from_millis(20);
        loop {
            let until =
                deadline.min(self.clock.now() + ANSWER).max(self.clock.now() + Duration::from_millis(50));
            let Message { subject, headers, payload } = message;
            let headers = (!headers.is_empty()).then(|| headers.clone());
            let error = match self.ask_until(subject.clone(), headers, payload.clone(), until).await {
                Ok(answer) => match read(&answer.payload) {
                    // Sent twice, it is most likely known for its own sake.
                    Ok(stored) => return Ok(Stored { duplicate: stored.duplicate && !again, ..stored }),
                    Err(StoreError::Api(error)) if error.code() == Some(Code::TEMPORARILY_UNAVAILABLE) => {
                        error
                    }
                    Err(error) => return Err(error),
                },
                Err(AskError::TooLarge) => return Err(StoreError::TooLarge),
                Err(error) if error.passes() => {
                    again |= !matches!(error, AskError::NoResponder(_));
                    error.into()
                }
                Err(error) => return Err(ApiError::from(error).into()),
            };
            if self.clock.now() + pause >= deadline {
                return Err(error.into());
            }
            self.clock.sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }
}

fn read(answer: &[u8]) -> Result<Stored, StoreError> {
    let Confirmation { error, seq, duplicate } =
        serde_json::from_slice(answer).map_err(ApiError::Unreadable)?;
    if let Some(error) = error {
        let error = ApiError::from(error);
        return Err(match error.code() {
            Some(Code::STORE_FAILED) if error.to_string().contains("exceeded") => StoreError::Full,
            Some(Code::WRONG_LAST_SEQUENCE) => StoreError::Conflict,
            Some(Code::TOO_LARGE) => StoreError::TooLarge,
            _ => error.into(),
        });
    }
    let sequence = seq.ok_or_else(|| ApiError::Unreadable(serde_json::Error::missing_field("seq")))?;
    Ok(Stored { sequence, duplicate })
}
