use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", timeout = "99999999999999999999d")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
