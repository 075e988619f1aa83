use soorma::prelude::*;

#[soorma::main(name = "orders")]
async fn main(app: AppBuilder) -> Result<AppBuilder, String> {
    Ok(app)
}
