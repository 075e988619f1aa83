use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
#[event(topic = BillingEvents, event_type = "order.billed")]
struct OrderPlaced {
    order_id: String,
}

fn main() {}
