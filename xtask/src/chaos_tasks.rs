//! `cargo xtask chaos tasks`: durable tasks on a NATS server while their workers are killed. Builds; who starts, kills and
//! counts is a program of its own.

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context, ensure};

const USAGE: &str = "\
Has so many tasks of three delegations and one side effect each run on a NATS server of its own, kills their workers by
SIGKILL and starts them again, and then counts answers, side effects and what is left of journals. Logs of all processes
are kept in target/xtask/chaos-tasks. Linux.

Usage: cargo xtask chaos tasks [OPTIONS]

Options:
  --tasks N      How many tasks; 1000 by default
  --kills N      How many times a worker is killed, at random; 10 by default
  --seed N       Who is killed, and when; 1 by default
  --deadline S   After so many seconds it is counted what there is; 900 by default
  --dev          Without optimisation
  --help         Prints this
";

/// Runs what `args` ask for.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let dev = args.iter().any(|arg| arg == "--dev");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in no workspace")?;
    let folder = root.join("target/xtask/chaos-tasks");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--locked", "-p", "soorma-nats-tests", "--bin", "chaos_tasks"]);
    let built =
        cargo.args((!dev).then_some("--release")).current_dir(root).status().context("cannot run cargo")?;
    ensure!(built.success(), "it does not compile");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let program = root.join(target).join(if dev { "debug" } else { "release" }).join("chaos_tasks");
    let mut chaos = Command::new(program);
    chaos.arg(&folder).args(args.iter().filter(|arg| *arg != "--dev"));
    let status = chaos.status().context("cannot run `chaos_tasks`")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
