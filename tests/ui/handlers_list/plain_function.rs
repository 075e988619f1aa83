use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

async fn handle(_order: Event<OrderPlaced>) {}

fn list() -> soorma::Handlers {
    soorma::handlers![handle]
}

fn main() {}
