use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event]
async fn handle(_order: Event<OrderPlaced>) {}

fn list() -> soorma::Handlers {
    soorma::handlers![handel]
}

fn main() {}
