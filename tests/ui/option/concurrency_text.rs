use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", concurrency = "8")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
