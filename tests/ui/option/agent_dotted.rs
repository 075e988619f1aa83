use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", agent = "shop.audit")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
