use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
