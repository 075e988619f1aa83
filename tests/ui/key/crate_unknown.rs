//! errors: 6, because unresolved names are rustc's, and each path is one

use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.>", crate = my_soorma)]
async fn audit(_event: EventEnvelope) {}

fn main() {}
