use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

trait Orders {
    #[on_event]
    async fn handle(&self, order: Event<OrderPlaced>);
}

fn main() {}
