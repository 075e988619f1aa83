use soorma::prelude::*;

#[derive(Deserialize, JsonSchema)]
struct Line;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    lines: Line,
}

fn main() {}
