//! What the compiler says to each mistake, word by word: `tests/ui/<mistake>/<case>.rs` and the `.stderr` beside it.
//!
//! `TRYBUILD=overwrite cargo test -p soorma-tests --test ui` writes the `.stderr` files anew; read the difference.

use std::{env, process::Command};

/// The wording and the layout are also rustc's, and change with it.
const WRITTEN_WITH: &str = "rustc 1.95.";

#[test]
fn every_mistake_is_answered_as_written() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    if !version.starts_with(WRITTEN_WITH) && env::var_os("TRYBUILD").is_none() {
        eprintln!(
            "not compared: the `.stderr` files were written with {WRITTEN_WITH}*, this is {version}\
             `ui_errors` counts the errors and compares what is underlined, with any version. To go over to this \
             one: TRYBUILD=overwrite cargo test -p soorma-tests --test ui, read the difference, and set \
             WRITTEN_WITH"
        );
        return;
    }
    trybuild::TestCases::new().compile_fail("ui/*/*.rs");
}
