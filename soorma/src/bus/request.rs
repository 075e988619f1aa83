//! Durable requests: somebody else is asked, and an `#[on_result]` hears the answer, whenever that comes.

use std::time::Duration;

use soorma_common::{Address, EventDraft, EventPayload, EventTopic, Request, lineage::Expectation};

use super::{Bus, assigned, checked, outputs};
use crate::{BoxFuture, error::BusError};

/// A request to be sent; `.await` gives its id. Made by [`Bus::request`].
#[derive(Debug)]
#[must_use = "a request is not sent until it is awaited"]
pub struct RequestCall {
    bus: Bus,
    draft: Result<EventDraft, BusError>,
    expectation: Expectation,
    to: Address,
    timeout: Option<Duration>,
    /// The task that sends it: its name stands before the id, so that the answer leads back to it.
    task: Option<String>,
}

impl RequestCall {
    pub(crate) fn new<P: Request>(bus: Bus, payload: &P, task: Option<String>) -> Self {
        let draft = Bus::draft_of(payload);
        let expectation = outputs::expectation(&P::Response::CONTRACT, &bus.agent);
        Self { bus, draft, expectation, to: Address::Everyone, timeout: None, task }
    }

    /// The event type that the answer shall have, where it is not the one that the response declares.
    pub fn response_event(mut self, event_type: impl Into<String>) -> Self {
        self.expectation.event = event_type.into();
        self
    }

    /// The agent that shall answer, and no other one, where several could.
    pub fn assigned_to(mut self, agent: impl Into<String>) -> Self {
        self.to = Address::Group(agent.into());
        self
    }

    /// How long there is use for an answer: for ever, where nothing is said. It travels with the request: what comes too late
    /// is not begun, and a task that was deferred by then answers that it has failed.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What the request is about: [`TaskFailed`](crate::TaskFailed) names it, so that whoever hears of many can tell which one failed.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.draft = self.draft.map(|draft| EventDraft { subject: Some(subject.into()), ..draft });
        self
    }

    /// The topic that the answer shall travel on, where it is not `ActionResults`: for observers, since `#[on_result]` hears
    /// no other.
    pub fn response_topic(mut self, topic: EventTopic) -> Self {
        self.expectation.topic = topic;
        self
    }

    async fn run(self) -> Result<String, BusError> {
        let Self { bus, draft, mut expectation, to, timeout, task } = self;
        let now = bus.services().clock.timestamp();
        expectation.expires_at = timeout.map(|timeout| now.after(timeout));
        expectation.event = checked(expectation.event)?;
        bus.send_request(draft?, expectation, assigned(to)?, task.as_deref()).await
    }
}

impl IntoFuture for RequestCall {
    type Output = Result<String, BusError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
