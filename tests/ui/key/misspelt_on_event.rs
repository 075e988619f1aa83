use soorma::prelude::*;

#[on_event(topik = BusinessFacts, event_type = "order.placed", topic = BusinessFacts)]
async fn audit(_event: EventEnvelope) {}

fn main() {}
