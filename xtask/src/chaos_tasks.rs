//! `cargo xtask chaos tasks`: durable tasks on a NATS server while their workers are killed. Builds; who starts, kills and
//! counts is a program of its own.

use std::process::ExitCode;

use super::lab;

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
    lab::run("chaos_tasks", USAGE, args)
}
