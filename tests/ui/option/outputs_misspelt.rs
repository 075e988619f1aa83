use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", outputs = "record")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
