#[soorma::main(name = "orders")]
struct Orders;

fn main() {}
