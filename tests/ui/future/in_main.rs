#[soorma::main(name = "orders")]
async fn main() {
    let counted = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(counted);
}
