//! What surrounds every event: the bus, the memory, and both at once.

use super::{FromDelivery, NoPayload};
use crate::{Bus, Context, Memory, handler::Incoming};

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

impl FromDelivery for Context {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(incoming.context())
    }
}
