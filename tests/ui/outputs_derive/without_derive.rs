use soorma::prelude::*;

struct Shipment;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[derive(Outputs)]
enum Decision {
    Placed(OrderPlaced),
    Shipped(Shipment),
}

fn main() {}
