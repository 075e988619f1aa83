use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "Order.Placed")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
