//! `cargo xtask chaos power`: agents on a disk that loses its power. Builds; who starts, cuts and counts is a program of its
//! own.

use std::process::ExitCode;

use super::lab;

const USAGE: &str = "\
Has clients publish and agents handle without a pause, each a process, on a broker whose files lie on a disk of their own,
and cuts its power: while all of them write, the disk is frozen, everything is killed, and all starts again on what the
frozen disk held. So often, each time on what the last cut has left. Then counts, from what the programs have written
down elsewhere, what was confirmed before a cut and never came. Fails where anything did not, or an agent does not go on.

A first cut, without a broker, sees that what is synced survives and what is not does not. Logs of all processes are
kept in target/xtask/chaos-power. Linux; needs root, loop devices, and mkfs.ext4, mount and fsfreeze.

Usage: cargo xtask chaos power [OPTIONS]

Options:
  --broker B      `nats`, a server as it comes, by default; `nats-always`, one with `sync_interval: always`;
                  `sqlite`, a file, which must be sound after each cut, and keep acknowledgements (program sqlite3)
  --cuts N        How many cuts; 20 by default
  --seed N        When; 1 by default
  --flushed-only  The disk also loses what it was told to write and not told to flush
  --deadline S    No further cut after so many seconds, and no success; 900 by default
  --dev           Without optimisation
  --help          Prints this
";

/// Runs what `args` ask for.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    lab::run("chaos_power", USAGE, args)
}
