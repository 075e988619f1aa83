use soorma::prelude::*;

#[on_event(topic = ActionRequests, event_type = "inventory.reserve")]
async fn reserve(_task: Task<serde_json::Value>) {}

fn main() {}
