use soorma::prelude::*;

#[on_startup]
async fn open(_event: EventEnvelope) {}

fn main() {}
