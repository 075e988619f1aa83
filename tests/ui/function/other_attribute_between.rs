use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event]
#[must_use]
#[on_event(topic = BilingEvents, agent = "audit")]
async fn handle(__order: Event<OrderPlaced>) {}

fn main() {}
