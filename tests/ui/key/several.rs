//! mistakes: 4

use soorma::prelude::*;

#[on_event(topik = BusinessFacts, event_type = "order.placed", retrys = 3, timeout, "order", topic = BusinessFacts)]
async fn audit(_event: EventEnvelope) {}

fn main() {}
