//! Names the library of its own package.

#[soorma::main(name = "own-names", handlers_in = [own])]
async fn main() {}
