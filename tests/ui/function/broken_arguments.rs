//! errors: 2, because rustc reads the function before the macro does

use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event]
async fn handle(order Event<OrderPlaced>) {}

fn main() {}
