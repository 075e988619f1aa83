//! errors: 4, because functions of one name are rustc's to refuse, and so are the types of that name beside them

use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.shipped")]
struct OrderShipped {
    order_id: String,
}

#[on_event]
async fn handle(_order: Event<OrderPlaced>) {}

#[on_event]
async fn handle(_order: Event<OrderShipped>) {}

fn main() {}
