//! Throughput and latency on JetStream, beside the plain client and beside peers: a program in a workspace of its own, so
//! that no peer enters soorma's dependencies.

use std::process::Command;

use anyhow::{Context, ensure};

use super::measure::root;

/// Builds the program, and has it print its tables.
pub(super) fn run(options: &[String]) -> anyhow::Result<()> {
    let manifest = root()?.join("benches/jetstream/Cargo.toml");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--release", "--locked", "--manifest-path"]).arg(manifest).arg("--");
    let status = cargo.args(options).status().context("cannot run cargo")?;
    ensure!(status.success(), "no tables, or not all of them");
    Ok(())
}
