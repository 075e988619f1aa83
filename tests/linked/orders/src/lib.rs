//! Handlers in a library crate.

use soorma::prelude::*;

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    number: u32,
}

#[on_startup]
async fn open() -> OrderPlaced {
    OrderPlaced { number: 7 }
}

#[on_event]
async fn hear(order: Event<OrderPlaced>, context: Context) {
    println!("orders: order {}", order.number);
    context.shutdown();
}
