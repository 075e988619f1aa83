#[soorma::main]
async fn main() {}
