use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", retry(max = -1))]
async fn audit(_event: EventEnvelope) {}

fn main() {}
