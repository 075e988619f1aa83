use soorma::prelude::*;

#[on_result(event_type = "inventory.>")]
async fn reserved(_result: TaskResult<serde_json::Value>) {}

fn main() {}
