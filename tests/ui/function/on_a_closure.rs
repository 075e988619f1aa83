use soorma::prelude::*;

#[on_event]
static HANDLE: fn() = || {};

fn main() {}
