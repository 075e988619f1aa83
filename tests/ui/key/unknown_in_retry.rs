use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", retry(max = 3, backof = "1s..1m"))]
async fn audit(_event: EventEnvelope) {}

fn main() {}
