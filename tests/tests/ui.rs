//! What the compiler says to each mistake, word by word: `tests/ui/<mistake>/<case>.rs` and the `.stderr` beside it.
//!
//! `TRYBUILD=overwrite cargo test -p soorma-tests --test ui` writes the `.stderr` files anew; read the difference.
//! With another compiler than they were written with nothing is compared: `ui_errors` still counts.

use soorma_tests::rustc;

#[test]
fn every_mistake_is_answered_as_written() {
    match rustc::another().unwrap() {
        Some(another) if !rustc::overwrites() => eprintln!("not compared: {another}"),
        _ => trybuild::TestCases::new().compile_fail("ui/*/*.rs"),
    }
}
