use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.placed", agent = "audit")]
#[on_event(topic = BilingEvents, event_type = "invoice.sent", agent = "books")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
