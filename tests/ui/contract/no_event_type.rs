use soorma::prelude::*;

#[on_event(topic = BusinessFacts)]
async fn audit(_event: EventEnvelope) {}

fn main() {}
