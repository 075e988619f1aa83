use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

enum Decision {
    Placed(OrderPlaced),
}

#[on_event]
async fn decide(order: Event<OrderPlaced>) -> Decision {
    Decision::Placed(order.into_payload())
}

fn main() {}
