//! What `sqlite:` costs: a program of its own, so that xtask need not be linked with SQLite.

use std::process::Command;

use anyhow::{Context, ensure};

use super::measure::root;

/// Builds the program, and has it print its tables.
pub(super) fn run(options: &[String]) -> anyhow::Result<()> {
    let status = program("sqlite")?.args(options).status();
    ensure!(status.context("cannot run cargo")?.success(), "no tables, or not all of them");
    Ok(())
}

/// What builds the program and has it do `what`.
pub(super) fn program(what: &str) -> anyhow::Result<Command> {
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
    cargo.args(["--", what]).current_dir(root()?);
    Ok(cargo)
}
