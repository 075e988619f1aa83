use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed", event_type = "order.shipped")]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
