//! errors: 2, because beside a handler stands a type of its name, and rustc refuses two of one name

use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

mod handle {}

#[on_event]
async fn handle(_order: Event<OrderPlaced>) {}

fn main() {}
