use soorma::prelude::*;

#[on_event]
async fn audit(_event: Event<serde_json::Value>) {}

fn main() {}
