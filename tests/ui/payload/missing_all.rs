//! mistakes: 3

use soorma::prelude::*;

#[derive(EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
