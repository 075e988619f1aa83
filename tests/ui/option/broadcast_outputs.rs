use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", broadcast, outputs = "recorded")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
