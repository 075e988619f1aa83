//! The compiler that the texts in `tests/ui` were written with. Its wording and layout are part of them.

use std::{env, process::Command};

const WRITTEN_WITH: &str = "rustc 1.95.";

/// What to tell where this compiler is another one.
///
/// # Errors
/// Where rustc does not run.
pub fn another() -> anyhow::Result<Option<String>> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = String::from_utf8(Command::new(rustc).arg("--version").output()?.stdout)?;
    Ok((!version.starts_with(WRITTEN_WITH)).then(|| {
        format!(
            "the texts in `tests/ui` were written with {WRITTEN_WITH}*, and this is {version}To go over to it, run \
             `TRYBUILD=overwrite cargo test -p soorma-tests --test ui --test ui_errors`, read the difference, and set \
             `WRITTEN_WITH` in `tests/src/rustc.rs`"
        )
    }))
}

/// Whether the texts shall be written anew, as trybuild has it.
#[must_use]
pub fn overwrites() -> bool {
    env::var_os("TRYBUILD").is_some_and(|mode| mode == "overwrite")
}
