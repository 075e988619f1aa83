//! Names a crate with handlers for something else: a constant, of which the program keeps a copy and no more.

/// Greets.
#[soorma::main(name = "own-mentions")]
async fn main() {
    println!("{}", own::GREETING);
}
