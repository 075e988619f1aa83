use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type)]
async fn audit(_event: EventEnvelope) {}

fn main() {}
