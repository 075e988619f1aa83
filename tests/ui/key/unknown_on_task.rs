use soorma::prelude::*;

#[on_task(event_type = "inventory.reserve", time_out = "30s")]
async fn reserve(_task: Task<serde_json::Value>) {}

fn main() {}
