//! `cargo xtask`: what is done to this workspace, one file a command.

mod bench;
mod chaos;
mod chaos_power;
mod chaos_tasks;
mod conformance;
mod formats;
mod lab;
mod orders;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
What is done to this workspace.

Usage: cargo xtask <COMMAND>

Commands:
  test         Everything that CI runs; `cargo xtask test --help` says more
  conformance  What every broker must do, as a table of case by broker; `--help` lists its options
  formats      Prompts and tool definitions, read by ajv and by the packages of OpenAI, Anthropic and MCP (node, npm)
  bench        What soorma costs; `cargo xtask bench --help` lists the tables
  chaos        `order-flow` on NATS or a file while its processes are killed; `--help` lists its options
  chaos tasks  Durable tasks on a NATS server while their workers are killed; `--help` lists its options
  chaos power  Agents on a disk that loses its power while they write (root, Linux); `--help` lists its options
  orders N     Writes N orders for `order-flow` to standard output, the same ones every time
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next();
    let rest: Vec<String> = args.collect();
    let done = match command.as_deref() {
        Some("test") => test::run(&rest),
        Some("conformance") => conformance::run(&rest),
        Some("formats") => formats::run(&rest),
        Some("bench") => bench::run(&rest),
        Some("chaos") if rest.first().is_some_and(|first| first == "tasks") => chaos_tasks::run(&rest[1..]),
        Some("chaos") if rest.first().is_some_and(|first| first == "power") => chaos_power::run(&rest[1..]),
        Some("chaos") => chaos::run(&rest),
        Some("orders") => orders::run(&rest),
        None | Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Some(unknown) => {
            eprint!("no command `{unknown}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
