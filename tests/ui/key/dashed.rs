use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event-type = "order.placed")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
