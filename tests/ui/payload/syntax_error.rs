//! errors: 2, because rustc reads the type before the derive does

use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id String,
}

fn main() {}
