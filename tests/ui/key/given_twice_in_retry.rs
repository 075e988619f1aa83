use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", retry(max = 3, max = 4))]
async fn audit(_event: EventEnvelope) {}

fn main() {}
