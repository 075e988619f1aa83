#[soorma::main(name = "orders")]
async fn start() {}

fn main() {}
