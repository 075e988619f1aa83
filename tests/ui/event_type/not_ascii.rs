use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "bestellung.größe")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
