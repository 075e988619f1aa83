use soorma::prelude::*;

#[on_event(topic = 3, event_type = "order.placed")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
