use soorma::prelude::*;

#[soorma::main(name = "orders")]
async fn main() -> AppBuilder {
    todo!()
}
