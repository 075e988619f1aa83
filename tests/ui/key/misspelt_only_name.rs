use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_typ = "order.placed")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
