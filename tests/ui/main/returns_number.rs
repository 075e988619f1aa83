#[soorma::main(name = "orders")]
async fn main() -> u8 {
    1
}
