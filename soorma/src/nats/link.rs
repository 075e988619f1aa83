//! The connection: made, watched, and mended by the client. Owns what is known of its state.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use async_nats::{Client, ConnectErrorKind, Statistics, Subject, Subscriber};
use bytes::Bytes;
use tokio::sync::watch;

use super::{
    ApiError, AskError, NatsOptions,
    dial::{Attempt, connect_once},
    events::{Events, Refusal, State},
    options::redacted,
    requests::Requests,
    subject::check_subject,
};
use crate::{
    clock::Clock,
    error::ConnectError,
    race::{First, race},
};

/// The oldest server that keeps what is promised: schedules, time-to-live, filters.
const OLDEST: (u32, u32) = (2, 12);

/// One connection, shared by the broker and the store of an app.
pub(crate) struct Link {
    pub(super) client: Client,
    /// The URL, without what is secret.
    pub(crate) shown: String,
    pub(crate) options: NatsOptions,
    pub(crate) clock: Clock,
    pub(super) requests: Requests,
    state: watch::Receiver<State>,
    statistics: Arc<Statistics>,
}

/// The connection is lost, and will be made again.
#[derive(Debug, thiserror::Error)]
#[error("there is no connection to the server")]
pub(crate) struct Outage;

impl Link {
    /// Connects, and waits for a server where there is none yet.
    ///
    /// # Errors
    /// [`ConnectError`]: the URL, the server or the access is wrong, or no server was there in time.
    pub(crate) async fn connect(
        what: &'static str,
        url: &str,
        clock: &Clock,
    ) -> Result<Arc<Self>, ConnectError> {
        let shown = redacted(url);
        let invalid = |reason| ConnectError::Invalid { what, url: shown.clone(), reason };
        let options = NatsOptions::parse(url).map_err(invalid)?;
        let (report, state) = watch::channel(State::default());
        let refusals = Arc::<Mutex<VecDeque<Refusal>>>::default();
        let began = clock.now();
        let mut pause = Duration::from_millis(100);
        let client = loop {
            let events = Events { report: report.clone(), refusals: refusals.clone() };
            let error = match connect_once(&options, events).await {
                Ok(client) => break client,
                Err(Attempt::Invalid(reason)) => return Err(invalid(reason)),
                Err(Attempt::Failed(error)) => error,
            };
            let passes = matches!(
                error.kind(),
                ConnectErrorKind::Io | ConnectErrorKind::TimedOut | ConnectErrorKind::Dns
            );
            if !passes || clock.now() + pause > began + options.connect {
                return Err(ConnectError::Unreachable { what, url: shown, source: error.into() });
            }
            tracing::warn!(url = shown, error = describe(&error), "no connection yet; trying again");
            clock.sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        };
        let requests = Requests::start(&client, clock, state.clone(), refusals)
            .await
            .map_err(|error| ConnectError::Unreachable { what, url: shown.clone(), source: error.into() })?;
        let statistics = client.statistics();
        let link =
            Self { client, statistics, shown: shown.clone(), options, clock: clock.clone(), requests, state };
        link.check_server(began + link.options.connect).await.map_err(|reason| ConnectError::Refused {
            what,
            url: shown,
            reason,
        })?;
        Ok(Arc::new(link))
    }

    async fn check_server(&self, deadline: Instant) -> Result<(), String> {
        let version = self.client.server_info().version;
        let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
        if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < OLDEST {
            let (major, minor) = OLDEST;
            return Err(format!(
                "the server is of version {version}; {major}.{minor} is the oldest that will do"
            ));
        }
        loop {
            match self.api::<serde_json::Value>("INFO", &()).await {
                // Not everybody may ask.
                Ok(_) | Err(ApiError::Ask(AskError::Denied(_))) => return Ok(()),
                // A cluster that has just started answers once it has a leader.
                Err(error) if error.may_pass() && self.clock.now() < deadline => {
                    tracing::warn!(url = self.shown, %error, "JetStream does not answer yet; asking again");
                }
                Err(error) => {
                    return Err(format!(
                        "JetStream is not available, enable it on the server (`-js`): {error}"
                    ));
                }
            }
        }
    }

    pub(super) fn state(&self) -> State {
        *self.state.borrow()
    }

    /// Whether there is a connection now.
    pub(crate) fn is_connected(&self) -> bool {
        self.state().connected
    }

    /// A number that grows with each connection that is made.
    pub(crate) fn epoch(&self) -> u64 {
        self.state().epoch
    }

    /// How many connections were made. Of what comes over a connection, nothing is seen before this has counted it.
    pub(crate) fn connections(&self) -> u64 {
        self.statistics.connects.load(Ordering::Acquire)
    }

    /// Waits until the connection is another than that of `epoch`.
    pub(crate) async fn reconnected(&self, epoch: u64) {
        let mut state = self.state.clone();
        if state.wait_for(|state| state.connected && state.epoch != epoch).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for a connection, until `deadline` at the most.
    pub(super) async fn connected(&self, deadline: Instant) -> Result<State, Outage> {
        let state = self.state();
        if state.connected {
            return Ok(state);
        }
        let mut states = self.state.clone();
        let found = race(states.wait_for(|state| state.connected), self.clock.sleep_until(deadline)).await;
        match found {
            First::Left(Ok(state)) => Ok(*state),
            First::Left(Err(_)) | First::Right(()) => Err(Outage),
        }
    }

    /// The largest message that the server takes, in bytes.
    pub(crate) fn max_payload(&self) -> usize {
        self.client.max_payload()
    }

    /// Sends what is on its way out.
    pub(crate) async fn flush(&self) {
        race(async { drop(self.client.flush().await) }, self.clock.sleep(Duration::from_secs(2))).await;
    }

    /// Sends without waiting for anything.
    pub(crate) async fn send(&self, subject: impl Into<Subject>, reply: Option<String>, payload: Bytes) {
        let subject = subject.into();
        if let Err(error) = check_subject(&subject) {
            tracing::error!(%error, "a message was not sent");
            return;
        }
        // It fails only once the connection is gone for good.
        let _ = match reply {
            Some(reply) => self.client.publish_with_reply(subject, reply, payload).await,
            None => self.client.publish(subject, payload).await,
        };
    }

    /// Listens on an inbox of its own, and with `.>` for a tail on all below it: its name, and what arrives.
    ///
    /// # Errors
    /// Where the connection is gone for good.
    pub(crate) async fn listen(
        &self,
        tail: &str,
    ) -> Result<(String, Subscriber), async_nats::SubscribeError> {
        let inbox = self.client.new_inbox();
        let subscriber = self.client.subscribe(format!("{inbox}{tail}")).await?;
        Ok((inbox, subscriber))
    }
}

fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
