use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.placed_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
