//! `cargo xtask bench`: what soorma costs, measured here and now. One file a table.

mod catalogue;
mod compile;
mod count;
pub(crate) mod gate;
mod in_process;
mod jetstream;
mod machine;
mod measure;
mod memory;
mod plot;
mod scaling;
mod server;
mod sqlite;
mod start;

use std::process::ExitCode;

use anyhow::bail;

const USAGE: &str = "\
What soorma costs, as Markdown tables. Linux; run nothing beside it.

Usage: cargo xtask bench <TABLE> [OPTIONS]

Tables:
  in-process  Instructions, allocations and time an event in process, beside `ruststream` and a bare channel (needs valgrind)
  gate        Some of these instruction counts against the committed baseline; fails beyond 2 %
                --accept R  Moves the baseline to what is counted now, with the reason R
  memory      Peak memory for runs of growing length
  compile     CPU time of check and build of 200 handlers and 200 payloads, against code by hand
  start       Packages, builds, size, start and memory of `hello` and order-flow, and of `hello` on `ruststream` and `async-nats`
                --rounds N  Of how many the medians are taken; 3 by default
                --only A,B  Of `hello`, `ruststream`, `hello-nats`, `async-nats`, `ruststream-nats` and `order-flow`; all by
                            default, and only then benches/results/start.json is written
  scaling     How cost grows with handlers and groups, also on a NATS server, and with processes on one file (needs valgrind)
                --rounds N  Of how many the medians are taken; 3 by default
  catalogue   Searching 10,000 definitions, and showing 100 to a model
  ask         A question and its answer, in memory and on a NATS server, beside the same by hand; a step; a delegation
                --rounds N  Of how many the medians are taken; 9 by default
                --calls N   How many of each kind in a round; 1000 by default
  backlog     Memory of an agent with a slow handler while events wait for it; fails where it grows with them
                --broker B  `nats` (on a server of its own), or `memory`; `nats` by default
                --events N  How many wait at the last step; 1000000 by default
                --bytes N   How large each is; 1000 by default
  cluster     What 200 durables cost on three NATS servers and on one: time, memory, CPU, files
                --rounds N  Of how many the medians are taken; 3 by default
  registry    Registering 1,000 definitions, and finding one's way among 10,000, in memory and on a NATS server
                --rounds N  Of how many the medians are taken; 5 by default
  jetstream   Publishing, pulling, a chain of agents and requests on a NATS server: soorma beside code by hand and beside
              ruststream-nats and FastStream (needs python3 with venv; without it that row is left out)
                --rounds N  Of how many the medians are taken; 7 by default
                --events N  How many a run has at 64 in flight, fewer where that takes long; 20000 by default
                --json FILE Writes every figure there as well
  sqlite      Publishing and consuming on a file, beside a loop by hand; four processes on one file; from process to process,
              and waiting; a file with many settled events, and what retention leaves of it
                --rounds N  Of how many the medians are taken; 5 by default
                --seconds N How long each run is measured; 2 by default
                --settled N How many settled events the large file has, 2.1 KB each on the disk; 500000 by default
                --only A,B  Of `rates`, `fairness`, `latency` and `large`; all by default
";

/// Measures the table that `args` name.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    match args {
        [.., help] if help == "--help" || help == "-h" => print!("{USAGE}"),
        [table] if table == "in-process" => in_process::run()?,
        [table, options @ ..] if table == "gate" => gate::run(options)?,
        [table] if table == "memory" => memory::run()?,
        [table] if table == "compile" => compile::run()?,
        [table] if table == "catalogue" => catalogue::run()?,
        [table, options @ ..] if table == "start" => start::run(options)?,
        [table, options @ ..] if ["ask", "backlog", "cluster", "registry"].contains(&table.as_str()) => {
            server::run(table, options)?;
        }
        [table, options @ ..] if table == "scaling" => scaling::run(options)?,
        [table, options @ ..] if table == "jetstream" => jetstream::run(options)?,
        [table, options @ ..] if table == "sqlite" => sqlite::run(options)?,
        [] => bail!("name a table\n\n{USAGE}"),
        [unknown, ..] => bail!("no table `{unknown}`\n\n{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}
