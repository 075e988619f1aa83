use soorma::prelude::*;

#[on_startup(topic = SystemEvents)]
async fn open(_bus: Bus) {}

fn main() {}
