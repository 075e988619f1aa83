use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed", key = total)]
struct OrderPlaced {
    order_id: String,
    total: f64,
}

fn main() {}
