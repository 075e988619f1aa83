use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts)]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
