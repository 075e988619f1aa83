//! `Task<T>`: a request to be answered.

use std::ops::Deref;

use soorma_common::{EventEnvelope, Payload};

use super::{Event, FromDelivery};
use crate::handler::{Incoming, Roles};

/// A request with its data as a `T`. What the handler returns answers whoever asked.
#[derive(Clone, Debug)]
pub struct Task<T>(Event<T>);

impl<T> Task<T> {
    /// What surrounds the payload: id, who asks, which event they want back.
    #[must_use]
    pub fn envelope(&self) -> &EventEnvelope {
        self.0.envelope()
    }

    /// The payload alone.
    #[must_use]
    pub fn into_payload(self) -> T {
        self.0.into_payload()
    }
}

impl<T: Payload> Task<T> {
    /// A task out of nothing, to call a handler in a test. Its source is `test`.
    ///
    /// # Panics
    /// Where the payload cannot be written as JSON.
    #[must_use]
    pub fn new(payload: T) -> Self {
        Self(Event::new(payload))
    }
}

impl<T> AsRef<EventEnvelope> for Task<T> {
    fn as_ref(&self) -> &EventEnvelope {
        self.envelope()
    }
}

impl<T> Deref for Task<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Payload> FromDelivery for Task<T> {
    type Payload = T;
    const ROLES: Roles = Roles::ON_TASK;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Event::take(incoming).map(Self)
    }
}
