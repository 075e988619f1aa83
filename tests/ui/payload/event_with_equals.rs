use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event = "order.placed"]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
