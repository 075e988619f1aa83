use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", concurrency = 10_000_000_000)]
async fn audit(_event: EventEnvelope) {}

fn main() {}
