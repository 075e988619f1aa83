use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event()]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
