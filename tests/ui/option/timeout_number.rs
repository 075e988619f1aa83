use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", timeout = 30)]
async fn audit(_event: EventEnvelope) {}

fn main() {}
