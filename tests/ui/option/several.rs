//! mistakes: 6

use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", retry(max = 0, backoff = "1m..1s"), timeout = "5 parsecs", concurrency = 0, name = "My Audit", from = "strat")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
