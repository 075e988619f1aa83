use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = concat!("order", ".placed"))]
async fn audit(_event: EventEnvelope) {}

fn main() {}
