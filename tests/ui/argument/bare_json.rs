use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "order.placed")]
async fn handle(_order: serde_json::Value) {}

fn main() {}
