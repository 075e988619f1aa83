use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed", key = lines)]
struct OrderPlaced {
    lines: Vec<String>,
}

fn main() {}
