//! Names two crates with handlers.

#[soorma::main(name = "two", handlers_in = [orders, billing])]
async fn main() {}
