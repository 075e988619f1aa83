#[soorma::main(name = "orders")]
async fn main<T>() {}
