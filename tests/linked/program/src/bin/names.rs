//! Names a crate with handlers.

#[soorma::main(name = "names", handlers_in = [orders])]
async fn main() {}
