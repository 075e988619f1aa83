use soorma::prelude::*;

#[on_startup]
async fn open() {
    let counted = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(counted);
}

fn main() {}
