use soorma::prelude::*;

#[soorma::main(name = "orders")]
async fn main(app: AppBuilder, _name: String) -> AppBuilder {
    app
}
