use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event(topic = BillingEvents)]
async fn handle(_bus: Bus, _order: Event<OrderPlaced>, _memory: Memory) {}

fn main() {}
