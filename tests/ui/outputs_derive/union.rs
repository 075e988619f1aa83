use soorma::prelude::*;

#[derive(Outputs)]
union Decision {
    number: u32,
}

fn main() {}
