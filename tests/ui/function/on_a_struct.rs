use soorma::prelude::*;

#[on_event]
struct Handler;

fn main() {}
