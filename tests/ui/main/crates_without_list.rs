#[soorma::main(name = "orders", handlers_in = my_agents)]
async fn main() {}
