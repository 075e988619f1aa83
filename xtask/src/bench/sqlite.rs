//! What `sqlite:` costs: a program of its own, so that xtask need not be linked with SQLite.

use std::process::Command;

use anyhow::{Context, ensure};

use super::measure::root;

/// Builds the program, and has it print its tables.
pub(super) fn run(options: &[String]) -> anyhow::Result<()> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "run",
        "--quiet",
        "--release",
        "--locked",
        "-p",
        "soorma-sqlite-tests",
        "--bin",
        "bench_sqlite",
    ]);
    let status = cargo.args(["--", "sqlite"]).args(options).current_dir(root()?).status();
    ensure!(status.context("cannot run cargo")?.success(), "no tables, or not all of them");
    Ok(())
}
