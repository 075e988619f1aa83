use soorma::prelude::*;

#[on_event]
mod handlers {}

fn main() {}
