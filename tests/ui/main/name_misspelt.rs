#[soorma::main(nam = "orders")]
async fn main() {}
