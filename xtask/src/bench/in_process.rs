//! The in-process path: instructions and allocations an event, by the difference of two run lengths, so that
//! start-up does not count; and events a second.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use super::measure::{grouped, median, output, root};

const VARIANTS: [(&str, &str); 2] = [
    ("floor", "encode, a channel, decode: what nobody can do without"),
    ("soorma", "publish, deliver, decode, handle, acknowledge"),
];
const PAYLOADS: [(&str, &str); 2] = [("1 KB", "large"), ("100 B", "small")];
const SHORT: u64 = 2_000;
const LONG: u64 = 12_000;
const TIMED: u64 = 200_000;
const ROUNDS: usize = 7;

pub(super) fn run() -> anyhow::Result<()> {
    let benches = root()?.join("benches");
    output(Command::new(env!("CARGO")).args(["build", "--release", "--locked"]).current_dir(&benches))?;
    let program = benches.join("target/release/soorma-benches");
    println!("| payload | | instructions | allocations | events/s, 2 threads |");
    println!("| --- | --- | --- | --- | --- |");
    for (payload, size) in PAYLOADS {
        // Interleaved, so that a change of the machine's mood meets both.
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for ((variant, _), rates) in VARIANTS.iter().zip(&mut rates) {
                let timed = output(Command::new(&program).args([variant, size, &TIMED.to_string(), "2"]))?;
                rates.push(String::from_utf8_lossy(&timed.stdout).trim().parse()?);
            }
        }
        for ((variant, what), rates) in VARIANTS.iter().zip(rates) {
            let instructions = an_event(|events| instructions(&program, variant, size, events))?;
            let allocations = an_event(|events| allocations(&program, variant, size, events))?;
            println!(
                "| {payload} | {variant}: {what} | {} | {allocations:.1} | {} |",
                grouped(instructions),
                grouped(median(rates))
            );
        }
    }
    println!(
        "\ninstructions by callgrind, allocations by DHAT: ({LONG} events - {SHORT} events) / {}, one thread;",
        LONG - SHORT
    );
    println!("events/s: median of {ROUNDS} interleaved runs of {} events", grouped(TIMED as f64));
    Ok(())
}

fn an_event(count: impl Fn(u64) -> anyhow::Result<f64>) -> anyhow::Result<f64> {
    Ok((count(LONG)? - count(SHORT)?) / (LONG - SHORT) as f64)
}

fn instructions(program: &Path, variant: &str, size: &str, events: u64) -> anyhow::Result<f64> {
    let report =
        valgrind(&["--tool=callgrind", "--callgrind-out-file=/dev/null"], program, variant, size, events)?;
    figure(&report, "Collected : ", ' ')
}

fn allocations(program: &Path, variant: &str, size: &str, events: u64) -> anyhow::Result<f64> {
    let report = valgrind(&["--tool=dhat", "--dhat-out-file=/dev/null"], program, variant, size, events)?;
    let total = report.lines().find(|line| line.contains("Total:")).context("DHAT printed no total")?;
    figure(total, " bytes in ", ' ')
}

fn valgrind(tool: &[&str], program: &Path, variant: &str, size: &str, events: u64) -> anyhow::Result<String> {
    let program: PathBuf = program.to_owned();
    let mut command = Command::new("valgrind");
    command.args(tool).arg(program).args([variant, size, &events.to_string(), "1"]);
    Ok(String::from_utf8_lossy(&output(&mut command)?.stderr).into_owned())
}

/// The number behind `label`, its thousands set apart or not.
fn figure(report: &str, label: &str, end: char) -> anyhow::Result<f64> {
    let from = report.split_once(label).with_context(|| format!("valgrind printed no `{label}`"))?.1;
    let number = from.split([end, '\n']).next().unwrap_or_default();
    Ok(number.replace(',', "").parse()?)
}
