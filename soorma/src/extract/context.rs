//! What surrounds every event: the bus, the memory, the registry, and all at once.

use super::{FromDelivery, NoPayload};
use crate::{Bus, Context, Memory, handler::Incoming, registry::Registry};

impl FromDelivery for Bus {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(incoming.bus())
    }
}

impl FromDelivery for Memory {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(incoming.context().memory())
    }
}

impl FromDelivery for Registry {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(incoming.context().registry().clone())
    }
}

impl FromDelivery for Context {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(incoming.context())
    }
}
