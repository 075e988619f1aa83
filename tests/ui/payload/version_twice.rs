use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed", version = 1, version = 2)]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
