use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", concurrency = 0)]
async fn audit(_event: EventEnvelope) {}

fn main() {}
