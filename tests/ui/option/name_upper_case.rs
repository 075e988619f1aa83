use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", name = "Audit")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
