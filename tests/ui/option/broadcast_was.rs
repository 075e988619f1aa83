use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", broadcast, name = "audit", was = "log")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
