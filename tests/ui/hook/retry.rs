use soorma::prelude::*;

#[on_shutdown(retry(max = 3))]
async fn close(_bus: Bus) {}

fn main() {}
