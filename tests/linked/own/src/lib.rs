//! Handlers in the library of a package that has programs as well.

use soorma::prelude::*;

/// What a program keeps a copy of, and no more: nothing for the linker to look for.
pub const GREETING: &str = "hello from own";

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
    println!("own: order {}", order.number);
    context.shutdown();
}
