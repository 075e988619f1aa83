//! `cargo xtask chaos`: `order-flow` on NATS or on a file while its processes are killed, and the server. Writes the orders
//! and builds; who starts, kills and counts is a program of its own, so that xtask need not be linked with a client.

use std::{
    fs::{self, File},
    io::BufWriter,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context, ensure};

use crate::orders;

/// What is run where nothing is said.
const ORDERS: u64 = 2_000;

const USAGE: &str = "\
Runs `order-flow` as one process an agent on a NATS server of its own, kills workers and the server by SIGKILL and
starts them again, and then counts from the records, with a plain client, what became of every order. Fails where one
has no outcome, or two. On a file there are four workers that all run every agent, and the program `sqlite3` reads every
event, and counts a second time in SQL. Logs of all processes, and the file, are kept in target/xtask/chaos. Linux.

Usage: cargo xtask chaos [OPTIONS]

Options:
  --broker B        `nats`, by default, or `sqlite` (needs the program sqlite3, 3.39 or newer)
  --orders N        How many orders; 2000 by default
  --kills N         How many times a worker is killed, at random; 10 by default
  --server-kills N  How many times the server is killed; 1 by default, on NATS only
  --seed N          Who is killed, and when; 1 by default
  --in-flight N     How many orders may be on their way at once; 2000 by default
  --parameters P    What stands behind the `?` of the broker's URL; with `dedup=100ms`, for example, outcomes are
                    stored more than once
  --deadline S      After so many seconds it is counted what there is; 900 by default
  --dev             Without optimisation
  --help            Prints this
";

/// Runs what `args` ask for.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let (mut count, mut dev, mut rest) = (ORDERS, false, Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--help" | "-h" => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            "--dev" => dev = true,
            "--orders" => {
                let given = args.next().context("`--orders` takes a number")?;
                count = given.parse().with_context(|| format!("`{given}` is no number of orders"))?;
            }
            _ => rest.push(arg),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in no workspace")?;
    let folder = root.join("target/xtask/chaos");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let file = folder.join("orders.jsonl");
    orders::write(count, &mut BufWriter::new(File::create(&file)?))?;

    // Both at once, so that what they share is compiled once.
    let programs = ["-p", "order-flow", "-p", "soorma-nats-tests", "--bins", "--features", "order-flow/nats"];
    let cargo = |command: &str| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([command, "--locked"]).args((!dev).then_some("--release")).current_dir(root);
        cargo
    };
    let built = cargo("build").args(programs).status().context("cannot run cargo")?;
    ensure!(built.success(), "it does not compile");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let built = root.join(target).join(if dev { "debug" } else { "release" });
    let mut chaos = Command::new(built.join("chaos"));
    chaos.arg(built.join("order-flow")).arg(&file).arg(&folder).args(rest);
    let status = chaos.status().context("cannot run `chaos`")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
