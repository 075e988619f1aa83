use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[derive(Outputs)]
#[outputs(topic = BusinessFacts)]
enum Decision {
    Placed(OrderPlaced),
}

fn main() {}
