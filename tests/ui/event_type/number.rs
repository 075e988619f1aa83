use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = 5)]
async fn audit(_event: EventEnvelope) {}

fn main() {}
