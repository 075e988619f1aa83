#[soorma::main(name = "Orders")]
async fn main() {}
