// #[soorma::main]
// async fn main() {}

::core::compile_error! {
    "say which agent this program is: `#[soorma::main(name = \"order-processor\")]`"
}
fn main() {
    #[allow(dead_code)]
    async fn main() {}
}
