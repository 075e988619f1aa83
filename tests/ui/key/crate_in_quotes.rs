use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", crate = "soorma")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
