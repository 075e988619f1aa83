use soorma::prelude::*;

#[on_task(event_type = "inventory.*")]
async fn reserve(_task: Task<serde_json::Value>) {}

fn main() {}
