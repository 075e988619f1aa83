//! One request and its answer. Owns what can go wrong on the way; must not know what is asked.

use std::time::{Duration, Instant};

use async_nats::{HeaderMap, Message, Request, RequestErrorKind};
use bytes::Bytes;

use super::{Link, Outage};
use crate::race::{First, race};

/// A request without an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AskError {
    /// There is no connection, or it was lost before the answer came.
    #[error(transparent)]
    Outage(#[from] Outage),
    /// The server is there, and did not answer in time.
    #[error("the server did not answer within {0:?}")]
    TimedOut(Duration),
    /// Nobody listens on the subject: no stream, or JetStream is not there.
    #[error("nobody answers on `{0}`")]
    NoResponder(String),
    /// The server forbids it.
    #[error("the server does not permit to publish on `{0}`")]
    Denied(String),
    /// The message is larger than the server takes.
    #[error("the message is larger than the server takes")]
    TooLarge,
    /// The client refused.
    #[error("the client could not send")]
    Client(#[source] async_nats::RequestError),
}

impl AskError {
    /// Whether the same request may be answered a little later.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Self::Outage(_) | Self::TimedOut(_) | Self::NoResponder(_))
    }
}

impl Link {
    /// Sends a request, once a connection is there, and waits for its answer.
    ///
    /// # Errors
    /// [`AskError`]. Whether the server took it is not known then, but for `NoResponder`, `Denied` and `TooLarge`.
    pub(crate) async fn ask(
        &self,
        subject: &str,
        headers: Option<HeaderMap>,
        payload: Bytes,
        within: Duration,
    ) -> Result<Message, AskError> {
        let deadline = self.clock.now() + within;
        self.ask_until(subject, headers, payload, deadline).await
    }

    pub(super) async fn ask_until(
        &self,
        subject: &str,
        headers: Option<HeaderMap>,
        payload: Bytes,
        deadline: Instant,
    ) -> Result<Message, AskError> {
        let state = self.connected(deadline).await?;
        let within = deadline.saturating_duration_since(self.clock.now());
        let mut request = Request::new().payload(payload).timeout(Some(within));
        if let Some(headers) = headers {
            request = request.headers(headers);
        }
        let answer = self.client.send_request(subject.to_owned(), request);
        match race(answer, self.broken(state, subject)).await {
            First::Left(Ok(answer)) => Ok(answer),
            First::Left(Err(error)) => Err(match error.kind() {
                RequestErrorKind::TimedOut => AskError::TimedOut(within),
                RequestErrorKind::NoResponders => AskError::NoResponder(subject.to_owned()),
                RequestErrorKind::MaxPayloadExceeded => AskError::TooLarge,
                RequestErrorKind::InvalidSubject | RequestErrorKind::Other => AskError::Client(error),
            }),
            First::Right(true) => Err(AskError::Denied(subject.to_owned())),
            First::Right(false) => Err(AskError::Outage(Outage)),
        }
    }
}
