use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
struct OrderId(String);

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed", key = order)]
struct OrderPlaced {
    order: OrderId,
}

fn main() {}
