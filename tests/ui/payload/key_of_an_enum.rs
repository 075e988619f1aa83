use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed", key = order_id)]
enum OrderPlaced {
    Online { order_id: String },
}

fn main() {}
