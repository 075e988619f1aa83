use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.placed", event_type = "order.shipped")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
