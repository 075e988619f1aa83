use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event(topic = BusinessFacts, event_type = "order.placed")]
async fn handle(_orders: Event<Vec<OrderPlaced>>) {}

fn main() {}
