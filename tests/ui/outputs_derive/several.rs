//! mistakes: 3

use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[derive(Outputs)]
enum Decision {
    Placed { payload: OrderPlaced },
    Twice(OrderPlaced, OrderPlaced),
    Nothing(),
}

fn main() {}
