use soorma::prelude::*;

#[on_startup]
fn open(_bus: Bus) {}

fn main() {}
