//! The untyped form: an event whose name is known only at run time.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use soorma_common::{Address, EventDraft, EventEnvelope, EventTopic, lineage::Expectation};

use super::{Bus, ask, assigned, checked};
use crate::{
    broker::Published,
    error::{AskError, BusError},
};

/// An event whose name is known only at run time. Made by [`Bus::event`].
#[derive(Clone, Debug)]
#[must_use = "a draft does nothing until it is published"]
pub struct Draft {
    bus: Bus,
    topic: EventTopic,
    event_type: String,
    data: Result<Box<RawValue>, Arc<serde_json::Error>>,
    key: Option<String>,
    subject: Option<String>,
    schema_name: Option<String>,
    response_event: Option<String>,
    response_topic: EventTopic,
    timeout: Duration,
    to: Address,
}

impl Draft {
    pub(super) fn new(bus: Bus, topic: EventTopic, event_type: String) -> Self {
        Self {
            timeout: bus.services().settings.ask_timeout,
            bus,
            topic,
            event_type,
            data: Ok(RawValue::NULL.to_owned()),
            key: None,
            subject: None,
            schema_name: None,
            response_event: None,
            response_topic: EventTopic::ActionResults,
            to: Address::Everyone,
        }
    }

    /// The agent that shall hear it, and no other one.
    pub fn assigned_to(mut self, agent: impl Into<String>) -> Self {
        self.to = Address::Group(agent.into());
        self
    }

    /// The data: anything that can be written as JSON. `null` where nothing is given.
    pub fn data(mut self, data: impl Serialize) -> Self {
        self.data = to_raw_value(&data).map_err(Arc::new);
        self
    }

    /// The order key.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// What the event is about.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The name of the schema that the data follows.
    pub fn schema_name(mut self, name: impl Into<String>) -> Self {
        self.schema_name = Some(name.into());
        self
    }

    /// The event type that the answer shall have.
    pub fn response_event(mut self, event_type: impl Into<String>) -> Self {
        self.response_event = Some(event_type.into());
        self
    }

    /// The topic that the answer shall travel on, where it is not `ActionResults`.
    pub fn response_topic(mut self, topic: EventTopic) -> Self {
        self.response_topic = topic;
        self
    }

    /// How long [`ask`](Self::ask) waits, 30 s where nothing is said.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Publishes it; returns once it is stored. With a [`response_event`](Self::response_event) it asks for an
    /// answer that everyone may hear.
    ///
    /// # Errors
    /// [`BusError`].
    pub async fn publish(self) -> Result<Published, BusError> {
        self.publish_after(Duration::ZERO).await
    }

    /// The same; nobody hears it before `delay` is over.
    ///
    /// # Errors
    /// [`BusError`].
    pub async fn publish_after(self, delay: Duration) -> Result<Published, BusError> {
        let bus = self.bus.clone();
        let expectation =
            self.response_event.is_some().then(|| self.expectation(Address::Everyone)).transpose()?;
        let to = assigned(self.to.clone())?;
        let draft = self.into_draft()?;
        let event = match expectation {
            Some(expectation) => bus.next_request(draft, expectation, &to, None),
            None => bus.next_event(draft, &to),
        };
        bus.send_after(delay, event, to).await
    }

    /// Sends it as a request whose answer is addressed to this agent, durable; gives the request's id.
    ///
    /// # Errors
    /// [`BusError`]; [`BusError::NoResponse`] without a [`response_event`](Self::response_event).
    pub async fn request(self) -> Result<String, BusError> {
        let bus = self.bus.clone();
        let expectation = self.expectation(Address::Group(bus.agent().to_owned()))?;
        let to = assigned(self.to.clone())?;
        bus.send_request(self.into_draft()?, expectation, to, None).await
    }

    /// Asks, and waits for the answer, which is addressed to this process. It travels on `ActionResults`.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask(self) -> Result<Arc<EventEnvelope>, AskError> {
        let bus = self.bus.clone();
        let event = self.expected()?;
        let (to, timeout) = (assigned(self.to.clone())?, self.timeout);
        ask::ask(&bus, self.into_draft()?, to, event, None, timeout).await
    }

    fn expectation(&self, to: Address) -> Result<Expectation, BusError> {
        let event = self.expected()?;
        Ok(Expectation { event, topic: self.response_topic, to, expires_at: None, schema_name: None })
    }

    fn expected(&self) -> Result<String, BusError> {
        match self.response_event.clone() {
            Some(event_type) => checked(event_type),
            None => Err(BusError::NoResponse { event_type: self.event_type.clone() }),
        }
    }

    fn into_draft(self) -> Result<EventDraft, BusError> {
        use serde::ser::Error;
        let data = self.data.map_err(|error| BusError::Encode {
            event_type: self.event_type.clone(),
            source: serde_json::Error::custom(error),
        })?;
        let draft = Bus::draft_untyped(self.topic, self.event_type, &data)?;
        Ok(EventDraft {
            partition_key: self.key,
            subject: self.subject,
            payload_schema_name: self.schema_name.map(Into::into),
            ..draft
        })
    }
}
