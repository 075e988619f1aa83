use soorma::prelude::*;

#[on_event(topic = business_facts, event_type = "order.placed")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
