use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", retry(max = 5000000000))]
async fn audit(_event: EventEnvelope) {}

fn main() {}
