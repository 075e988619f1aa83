use soorma::prelude::*;

#[derive(Outputs)]
enum Decision {}

fn main() {}
