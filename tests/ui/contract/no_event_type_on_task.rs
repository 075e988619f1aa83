use soorma::prelude::*;

#[on_task]
async fn reserve(_task: Task<serde_json::Value>) {}

fn main() {}
