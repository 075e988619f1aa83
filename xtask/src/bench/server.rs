//! What is measured on a real server: a program of its own, so that xtask need not be linked with a client.

use std::process::Command;

use anyhow::{Context, ensure};

use super::measure::root;

/// Builds the program, and has it print `table`.
pub(super) fn run(table: &str, options: &[String]) -> anyhow::Result<()> {
    let status = program(table)?.args(options).status().context("cannot run cargo")?;
    ensure!(status.success(), "no table, or not as it should be");
    Ok(())
}

/// What builds the program and has it do `what`.
pub(super) fn program(what: &str) -> anyhow::Result<Command> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--release", "--locked", "-p", "soorma-nats-tests", "--bin", "bench"]);
    cargo.args(["--", what]).current_dir(root()?);
    Ok(cargo)
}
