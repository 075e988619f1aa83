use soorma::prelude::*;

#[on_event]
async fn tick() {}

fn main() {}
