//! Durable requests: somebody else is asked, and an `#[on_result]` hears the answer, whenever that comes.

use soorma_common::{Address, EventDraft, EventPayload, EventTopic, Request, lineage::Expectation};

use super::{Bus, checked, outputs};
use crate::{BoxFuture, error::BusError};

/// A request to be sent; `.await` gives its id. Made by [`Bus::request`].
#[derive(Debug)]
#[must_use = "a request is not sent until it is awaited"]
pub struct RequestCall {
    bus: Bus,
    draft: Result<EventDraft, BusError>,
    expectation: Expectation,
    /// The task that sends it: its name stands before the id, so that the answer leads back to it.
    task: Option<String>,
}

impl RequestCall {
    pub(crate) fn new<P: Request>(bus: Bus, payload: &P, task: Option<String>) -> Self {
        let draft = Bus::draft_of(payload);
        let expectation = outputs::expectation(&P::Response::CONTRACT, &bus.agent);
        Self { bus, draft, expectation, task }
    }

    /// The event type that the answer shall have, where it is not the one that the response declares.
    pub fn response_event(mut self, event_type: impl Into<String>) -> Self {
        self.expectation.event = event_type.into();
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
        let Self { bus, draft, mut expectation, task } = self;
        expectation.event = checked(expectation.event)?;
        bus.send_request(draft?, expectation, Address::Everyone, task.as_deref()).await
    }
}

impl IntoFuture for RequestCall {
    type Output = Result<String, BusError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
