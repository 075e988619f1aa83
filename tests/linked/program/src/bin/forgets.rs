//! Depends on a crate with handlers, and names it nowhere.

#[soorma::main(name = "forgets")]
async fn main() {}
