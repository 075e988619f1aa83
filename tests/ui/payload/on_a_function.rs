use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
fn placed() {}

fn main() {}
