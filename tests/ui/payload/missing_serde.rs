//! mistakes: 2

use soorma::prelude::*;

#[derive(JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
