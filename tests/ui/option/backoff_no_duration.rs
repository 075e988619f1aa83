use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", retry(backoff = "1s..long"))]
async fn audit(_event: EventEnvelope) {}

fn main() {}
