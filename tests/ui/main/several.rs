//! mistakes: 4

use soorma::prelude::*;

#[soorma::main(nam = "orders")]
fn main(_app: &AppBuilder, _name: String) {}
