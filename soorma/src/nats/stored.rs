//! Publishing into a stream: sent until the server says that it is stored, or why it never will be.

use std::time::{Duration, Instant};

use async_nats::{
    HeaderMap, HeaderName, HeaderValue, Subject,
    header::{IntoHeaderName, IntoHeaderValue},
};
use bytes::Bytes;
use serde::{Deserialize, de::Error as _};

use super::{
    AskError, Link,
    api::{AnswerError, ApiError, Code},
    requests::Patience,
};

/// How long one answer may take before the message is sent again.
const ANSWER: Duration = Duration::from_secs(5);

/// A message on its way into a stream.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) subject: Subject,
    pub(crate) headers: Headers,
    pub(crate) payload: Bytes,
}

/// The headers of a message that may be sent more than once. The client takes a map each time, which costs less to make than
/// to copy.
#[derive(Clone, Default)]
pub(crate) struct Headers {
    /// Most messages have no other one, so no list is made for them.
    first: Option<(HeaderName, HeaderValue)>,
    others: Vec<(HeaderName, HeaderValue)>,
}

impl Headers {
    /// One header more, which must be of another name.
    pub(crate) fn insert(&mut self, name: impl IntoHeaderName, value: impl IntoHeaderValue) {
        let header = (name.into_header_name(), value.into_header_value());
        match &self.first {
            None => self.first = Some(header),
            Some(_) => self.others.push(header),
        }
    }

    fn map(&self) -> Option<HeaderMap> {
        self.first.is_some().then(|| self.first.iter().chain(&self.others).cloned().collect())
    }
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
    /// needs an id, or an expected sequence, or it may be stored twice. It is `now` that it begins.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn store(
        &self,
        message: &Message,
        mut now: Instant,
        deadline: Instant,
    ) -> Result<Stored, StoreError> {
        let mut again = false;
        let mut pause = Duration::from_millis(20);
        loop {
            let within = deadline.saturating_duration_since(now).clamp(Duration::from_millis(50), ANSWER);
            let patience = Patience { until: now + within, within };
            let Message { subject, headers, payload } = message;
            let error = match self.ask_until(subject.clone(), headers.map(), payload.clone(), patience).await
            {
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
            now = self.clock.now() + pause;
            if now >= deadline {
                return Err(error.into());
            }
            self.clock.sleep_until(now).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }
}

fn read(answer: &[u8]) -> Result<Stored, StoreError> {
    if let Some(sequence) = stored_anew(answer) {
        return Ok(Stored { sequence, duplicate: false });
    }
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

/// What nearly all answers are, `{"stream":"NAME","seq":7}`, to the byte: each event has one. `None` for anything else.
fn stored_anew(answer: &[u8]) -> Option<u64> {
    let said = answer.strip_prefix(b"{\"stream\":\"")?.strip_suffix(b"}")?;
    let digits = said.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (said, digits) = said.split_at(said.len() - digits);
    let stream = said.strip_suffix(b"\",\"seq\":")?;
    let odd = stream.iter().fold(false, |odd, byte| odd | (*byte == b'"') | (*byte == b'\\'));
    if odd || digits.first().is_none_or(|first| *first == b'0') {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_whatever_else_it_says() {
        let of = |text: &str| read(text.as_bytes()).ok().map(|stored| (stored.sequence, stored.duplicate));
        for plain in
            ["{\"stream\":\"S\",\"seq\":7}", "{\"stream\":\"prod_facts\",\"seq\":18446744073709551615}"]
        {
            let read = of(plain);
            assert_eq!(stored_anew(plain.as_bytes()), read.map(|(sequence, _)| sequence), "{plain}");
            assert!(read.is_some(), "{plain}");
        }
        for (other, read) in [
            ("{\"stream\":\"S\",\"seq\":7,\"duplicate\":true}", Some((7, true))),
            ("{\"stream\":\"S\",\"domain\":\"hub\",\"seq\":7}", Some((7, false))),
            ("{\"stream\":\"S\",\"duplicate\":true,\"seq\":7}", Some((7, true))),
            ("{\"stream\":\"a\\\"b\",\"seq\":7}", Some((7, false))),
            ("{ \"seq\": 7 }", Some((7, false))),
            ("{\"stream\":\"S\",\"seq\":18446744073709551616}", None),
            ("{\"stream\":\"S\",\"seq\":07}", None),
            ("{\"stream\":\"S\",\"seq\":+7}", None),
            ("{\"stream\":\"S\",\"seq\":}", None),
            ("{\"stream\":\"S\"}", None),
            (
                "{\"error\":{\"code\":503,\"err_code\":10077,\"description\":\"x\"},\"stream\":\"S\",\"seq\":0}",
                None,
            ),
            ("", None),
        ] {
            assert_eq!((stored_anew(other.as_bytes()), of(other)), (None, read), "{other}");
        }
    }
}
