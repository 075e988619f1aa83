//! A program that names a crate without handlers. (Everything else that is linked has none either.)

#[soorma::main(name = "in-vain", handlers_in = [soorma_tests, soorma_tests::brokers])]
async fn main() {}
