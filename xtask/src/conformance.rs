//! `cargo xtask conformance`: what every broker must do, as a table. The suite is a program of its own, so that
//! xtask need not be linked with it.

use std::process::{Command, ExitCode};

use anyhow::Context;

/// Runs the suite with these arguments.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["run", "--quiet", "--package", "soorma-nats-tests", "--bin", "conformance"]);
    let (build, rest): (Vec<_>, Vec<_>) = args.iter().partition(|arg| *arg == "--release");
    let status = cargo.args(build).arg("--").args(rest).status().context("cannot run cargo")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
