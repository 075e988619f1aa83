//! errors: 5, because `unsafe` and `extern` are refused here, and rustc refuses the rest

use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event]
async unsafe extern "C" fn handle(_order: Event<OrderPlaced>, _args: ...) {}

fn main() {}
