use soorma::prelude::*;

#[on_startup]
async fn open() -> u32 {
    1
}

fn main() {}
