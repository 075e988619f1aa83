use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed", key = orderid)]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
