//! The whole event, untyped.

use std::sync::Arc;

use soorma_common::EventEnvelope;

use super::{FromDelivery, NoPayload};
use crate::handler::{Incoming, Roles};

impl FromDelivery for EventEnvelope {
    type Payload = NoPayload;
    const ROLES: Roles = Roles::EVENTS;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(incoming.event()?.as_ref().clone())
    }
}

/// The same without a copy.
impl FromDelivery for Arc<EventEnvelope> {
    type Payload = NoPayload;
    const ROLES: Roles = Roles::EVENTS;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(incoming.event()?.clone())
    }
}
