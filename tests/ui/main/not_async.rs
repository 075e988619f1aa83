#[soorma::main(name = "orders")]
fn main() {}
