//! errors: 2, because an unresolved name is rustc's: it offers the function a type parameter besides

use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event]
async fn handle(_order: Event<OrderPlced>) {}

fn main() {}
