mod orders {
    use soorma::prelude::*;

    #[on_startup]
    async fn open() {}
}

fn list() -> soorma::Handlers {
    soorma::handlers![orders::open]
}

fn main() {}
