use soorma::prelude::*;

#[on_result]
async fn reserved(_result: TaskResult<serde_json::Value>) {}

fn main() {}
