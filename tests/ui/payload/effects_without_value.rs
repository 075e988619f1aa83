use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed", effects)]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
