use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
