struct Handle;

fn list() -> soorma::Handlers {
    soorma::handlers![Handle]
}

fn main() {}
