use soorma::prelude::*;

#[on_event(topic = BusinessFacts, "order.placed")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
