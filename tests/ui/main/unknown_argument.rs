#[soorma::main(name = "orders", flavor = "multi_thread")]
async fn main() {}
