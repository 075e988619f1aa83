use soorma::prelude::*;

#[derive(EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
union OrderPlaced {
    number: u32,
    bits: f32,
}

fn main() {}
