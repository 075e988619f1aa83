//! The envelope: what every event carries besides its data. The wire form is in `wire.rs`.

use std::{borrow::Cow, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};

use crate::{Address, EventDraft, EventTopic, Timestamp, id};

/// One event: its data and everything that is known about it.
///
/// On the wire it is CloudEvents 1.0 (`specversion`, `id`, `source`, `type`, `time`, `data`), with the other
/// fields in snake_case beside it. Reading is lenient: `event_type` for `type`, `timestamp` for `time`, camelCase,
/// nulls for what is optional. Writing is exact. Attributes that this type does not know are kept in `extensions`
/// and passed on. From a text, [`parse`](str::parse) is the shortest way; inside other documents it is read by `serde_json`.
///
/// ```
/// use soorma_common::EventEnvelope;
///
/// let event: EventEnvelope =
///     r#"{"id": "evt_abc123", "source": "planner", "event_type": "research.requested",
///         "topic": "action-requests", "timestamp": "2026-01-17T10:30:00Z", "data": {"query": "AI"}}"#
///         .parse()?;
/// assert_eq!(event.event_type, "research.requested");
/// assert_eq!(event.data.get(), r#"{"query": "AI"}"#);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EventEnvelope {
    /// Unique together with `source`; any non-empty string. Shared, as the four other ids are, by all events that carry it.
    pub id: Arc<str>,
    /// The name of the agent that published it, never of an instance. Shared by all that it publishes.
    pub source: Arc<str>,
    /// The event type: anything that CloudEvents allows, up to 255 bytes, case-sensitive.
    pub event_type: Cow<'static, str>,
    /// The topic that it travels on.
    pub topic: EventTopic,
    /// When it was published.
    pub timestamp: Timestamp,
    /// The payload as it came: parsed once, by whoever handles it. Missing data reads as `null`.
    pub data: Box<RawValue>,
    /// What the event is about.
    pub subject: Option<String>,
    /// Events with one key are handled in order by handlers that say `ordered`.
    pub partition_key: Option<String>,
    /// Which conversation this belongs to; a request starts a new one.
    pub correlation_id: Arc<str>,
    /// On a request and its answer: the conversation that goes on afterwards.
    pub origin_correlation_id: Option<Arc<str>>,
    /// Which workflow this belongs to. 32 hex digits, unless it comes from elsewhere.
    pub trace_id: Arc<str>,
    /// The W3C form of trace and span, where it came with the event. [`traceparent`](Self::traceparent) gives it for
    /// every event.
    pub traceparent: Option<String>,
    /// The event whose handler published this one.
    pub parent_event_id: Option<Arc<str>>,
    /// The event type that the answer to this request shall have.
    pub response_event: Option<String>,
    /// The topic that the answer shall travel on.
    pub response_topic: Option<EventTopic>,
    /// To whom the answer shall be sent.
    pub response_to: Option<Address>,
    /// Past this, nobody waits for the answer any more.
    pub expires_at: Option<Timestamp>,
    /// The name of the schema that the answer shall have.
    pub response_schema_name: Option<String>,
    /// The name of the payload's schema.
    pub payload_schema_name: Option<Cow<'static, str>>,
    /// The tenant on whose behalf this happens.
    pub tenant_id: Option<String>,
    /// The user on whose behalf this happens.
    pub user_id: Option<String>,
    /// The session that this belongs to.
    pub session_id: Option<String>,
    /// The goal that this serves.
    pub goal_id: Option<String>,
    /// The plan that this belongs to.
    pub plan_id: Option<String>,
    /// How many events lie between this one and the first of its workflow, answers not counted.
    pub depth: u32,
    /// Attributes that this type does not know.
    pub extensions: Map<String, Value>,
}

impl EventEnvelope {
    /// The first event of a new workflow: a fresh id, which also names its trace and its conversation; no parent.
    #[must_use]
    pub fn root(source: impl Into<Arc<str>>, draft: EventDraft, timestamp: Timestamp) -> Self {
        let id = id::fresh_at(timestamp);
        Self::new(id.clone(), id, source.into(), draft, timestamp)
    }

    /// An event with nothing inherited: a conversation of its own, no parent.
    pub(crate) fn new(
        id: Arc<str>,
        trace_id: Arc<str>,
        source: Arc<str>,
        draft: EventDraft,
        timestamp: Timestamp,
    ) -> Self {
        Self {
            correlation_id: id.clone(),
            traceparent: None,
            id,
            source,
            event_type: draft.event_type,
            topic: draft.topic,
            timestamp,
            data: draft.data,
            subject: draft.subject,
            partition_key: draft.partition_key,
            origin_correlation_id: None,
            trace_id,
            parent_event_id: None,
            response_event: None,
            response_topic: None,
            response_to: None,
            expires_at: None,
            response_schema_name: None,
            payload_schema_name: draft.payload_schema_name,
            tenant_id: None,
            user_id: None,
            session_id: None,
            goal_id: None,
            plan_id: None,
            depth: 0,
            extensions: Map::new(),
        }
    }

    /// The event in the form of W3C Trace Context: its trace, and itself as the span.
    #[must_use]
    pub fn traceparent(&self) -> String {
        self.traceparent.clone().unwrap_or_else(|| id::traceparent(&self.trace_id, &self.id))
    }

    /// Reads the data as a type of your own.
    ///
    /// # Errors
    /// Where the data does not have that shape.
    pub fn data_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.data.get())
    }

    /// Whether this answers a request: it carries the conversation to go on with, and asks for nothing itself.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        self.origin_correlation_id.is_some() && self.response_event.is_none()
    }
}

impl AsRef<Self> for EventEnvelope {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Two envelopes are equal where every attribute is, the data byte by byte.
impl PartialEq for EventEnvelope {
    fn eq(&self, other: &Self) -> bool {
        match (to_raw_value(self), to_raw_value(other)) {
            (Ok(one), Ok(two)) => one.get() == two.get(),
            _ => false,
        }
    }
}
