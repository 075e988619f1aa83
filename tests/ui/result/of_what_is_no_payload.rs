use soorma::prelude::*;

#[on_result(event_type = "inventory.reserved")]
async fn reserved(_result: TaskResult<String>) {}

fn main() {}
