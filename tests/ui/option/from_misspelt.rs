use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", from = "strat")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
