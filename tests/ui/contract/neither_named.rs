use soorma::prelude::*;

#[on_event]
async fn audit(_event: EventEnvelope) {}

fn main() {}
