use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
enum OrderPlaced {
    #[event(topic = BusinessFacts)]
    Online,
    InShop,
}

fn main() {}
