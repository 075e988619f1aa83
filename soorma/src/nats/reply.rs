//! One request and its answer. Owns what can go wrong on the way; must not know what is asked.

use std::time::Duration;

use async_nats::{HeaderMap, Message, Subject};
use bytes::Bytes;
use futures_util::future::Either;

use super::{
    Link, Outage,
    requests::{Patience, Request},
};

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
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AskError {
    /// Whether the same request may be answered a little later.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Self::Outage(_) | Self::TimedOut(_) | Self::NoResponder(_))
    }
}

impl Link {
    /// Sends a request, once a connection is there, and waits for its answer. It is under way from the call on.
    ///
    /// # Errors
    /// [`AskError`]. Whether the server took it is not known then, but for `NoResponder`, `Denied` and `TooLarge`.
    pub(crate) fn ask(
        &self,
        subject: impl Into<Subject>,
        headers: Option<HeaderMap>,
        payload: Bytes,
        within: Duration,
    ) -> impl Future<Output = Result<Message, AskError>> + Send {
        self.ask_until(subject, headers, payload, Patience { until: self.clock.now() + within, within })
    }

    /// The same where the time is known already: to look at the clock is a good part of what a request costs.
    pub(super) fn ask_until(
        &self,
        subject: impl Into<Subject>,
        headers: Option<HeaderMap>,
        payload: Bytes,
        patience: Patience,
    ) -> impl Future<Output = Result<Message, AskError>> + Send {
        // All in one place before anything waits, so that no future has room for it twice.
        let request = Request { subject: subject.into(), headers, payload };
        match self.state() {
            state if state.connected => Either::Left(self.requests.ask(state, request, patience)),
            // On the heap, as it is seldom.
            _ => Either::Right(Box::pin(async move {
                let state = self.connected(patience.until).await?;
                self.requests.ask(state, request, patience).await
            })),
        }
    }
}
