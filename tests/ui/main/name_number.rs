#[soorma::main(name = 1)]
async fn main() {}
