use soorma::prelude::*;

#[on_shutdown]
async fn close(_event: std::sync::Arc<EventEnvelope>) {}

fn main() {}
