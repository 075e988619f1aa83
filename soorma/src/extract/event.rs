//! `Event<T>`: the payload and its envelope.

use std::{ops::Deref, sync::Arc};

use soorma_common::{EventDraft, EventEnvelope, EventTopic, Payload, Timestamp};

use super::FromDelivery;
use crate::{
    DecodeError,
    handler::{Incoming, Roles},
};

/// An event with its data as a `T`: a declared payload, or `serde_json::Value` for any shape.
///
/// It reads like the payload: `order.order_id`. What surrounds the payload is in [`envelope`](Self::envelope).
#[derive(Clone, Debug)]
pub struct Event<T> {
    payload: T,
    envelope: Arc<EventEnvelope>,
}

impl<T> Event<T> {
    /// What surrounds the payload: id, source, lineage.
    #[must_use]
    pub fn envelope(&self) -> &EventEnvelope {
        &self.envelope
    }

    /// The payload alone.
    #[must_use]
    pub fn into_payload(self) -> T {
        self.payload
    }
}

impl<T: Payload> Event<T> {
    /// An event out of nothing, to call a handler in a test. Its source is `test`.
    ///
    /// # Panics
    /// Where the payload cannot be written as JSON.
    #[must_use]
    pub fn new(payload: T) -> Self {
        let (topic, event_type) = T::CONTRACT
            .map_or((EventTopic::BusinessFacts, "test"), |contract| (contract.topic, contract.event_type));
        let draft = match EventDraft::new(topic, event_type, &payload) {
            Ok(draft) => draft,
            Err(error) => panic!("`Event::new`: the payload cannot be written as JSON: {error}"),
        };
        Self { payload, envelope: Arc::new(EventEnvelope::root("test", draft, Timestamp::now())) }
    }

    pub(crate) fn take(incoming: &mut Incoming) -> anyhow::Result<Self> {
        let envelope = incoming.event()?.clone();
        match DecodeError::read(&envelope) {
            Ok(payload) => Ok(Self { payload, envelope }),
            Err(error) => Err(error.into()),
        }
    }
}

impl<T> AsRef<EventEnvelope> for Event<T> {
    fn as_ref(&self) -> &EventEnvelope {
        &self.envelope
    }
}

impl<T> Deref for Event<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.payload
    }
}

impl<T: Payload> FromDelivery for Event<T> {
    type Payload = T;
    const ROLES: Roles = Roles::ON_EVENT;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Self::take(incoming)
    }
}
