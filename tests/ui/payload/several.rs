//! mistakes: 4

use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinesFacts, event_type = "Order Placed", key = orderid, respons = OrderShipped)]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
