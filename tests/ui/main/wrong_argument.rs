use soorma::prelude::*;

#[soorma::main(name = "orders")]
async fn main(_app: App) -> AppBuilder {
    todo!()
}
