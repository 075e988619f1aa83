//! mistakes: 5

use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event(topic = BusinesFacts, event_type = "Order Placed", retry(max = 0))]
fn handle(_order: &Event<OrderPlaced>) {}

fn main() {}
