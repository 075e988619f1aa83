use soorma::prelude::*;

#[on_event]
const HANDLER: u32 = 1;

fn main() {}
