use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", timeout = "5 parsecs")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
