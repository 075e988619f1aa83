use soorma::prelude::*;

#[soorma::main(name = "orders")]
async fn main(_app: AppBuilder) -> String {
    String::new()
}
