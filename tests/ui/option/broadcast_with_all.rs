//! mistakes: 4

use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", broadcast, ordered, from = "now", retry(max = 3), was = "log")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
