use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", ordered(order_id))]
async fn audit(_event: EventEnvelope) {}

fn main() {}
