use soorma::{FromDelivery, Incoming};

struct Attempt(u32);

impl FromDelivery for Attempt {
    type Payload = u32;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self(incoming.attempt()))
    }
}

fn main() {}
