use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", name = "my audit")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
