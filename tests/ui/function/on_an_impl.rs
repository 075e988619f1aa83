use soorma::prelude::*;

struct Orders;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event]
impl Orders {
    async fn handle(_order: Event<OrderPlaced>) {}
}

fn main() {}
