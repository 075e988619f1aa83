//! Names the library of its own package nowhere.

#[soorma::main(name = "own-forgets")]
async fn main() {}
