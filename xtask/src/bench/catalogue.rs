//! What searching and showing definitions costs. What is measured is a program of its own, so that xtask need not be linked
//! with it.

use std::process::Command;

use anyhow::{Context, ensure};

pub(super) fn run() -> anyhow::Result<()> {
    let program = ["--package", "soorma-catalogue-tests", "--bin", "figures"];
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let done = cargo.args(["run", "--quiet", "--release", "--locked"]).args(program).status();
    ensure!(done.context("cannot run cargo")?.success(), "the figures were not measured");
    Ok(())
}
