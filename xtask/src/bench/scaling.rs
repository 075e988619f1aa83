//! How cost grows: with handlers in one agent and groups on one topic, counted in process, and with processes on one file.

use std::{fs, process::Stdio};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::{
    count::{Benches, Case},
    machine,
    measure::{ends, grouped, median, root},
    plot::{Line, Plot},
    sqlite,
};

/// How many, as `benches/` has the case.
const HANDLERS: &[(u32, &str)] =
    &[(1, "handlers-1"), (10, "handlers-10"), (100, "handlers-100"), (1_000, "handlers-1000")];
const GROUPS: &[(u32, &str)] = &[(1, "groups-1"), (8, "groups-8"), (64, "groups-64")];

const PACKAGES: [&str; 3] = ["soorma", "tokio", "serde_json"];

pub(super) fn run(options: &[String]) -> anyhow::Result<()> {
    let rounds: usize = match options {
        [] => 3,
        [rounds, number] if rounds == "--rounds" => number.parse().context("`--rounds` takes a number")?,
        _ => bail!("`cargo xtask bench scaling` takes nothing, or `--rounds N`"),
    };
    ensure!(rounds > 0, "`--rounds` takes a number from 1");
    let benches = Benches::build(false)?;
    let handlers = counted(&benches, HANDLERS, rounds)?;
    let groups = counted(&benches, GROUPS, rounds)?;
    let in_process = [("handlers, an event type each", handlers), ("groups, all hear each event", groups)];
    println!(
        "| | | instructions an event | a delivery | instructions of the start | resident after it, KB | at work, KB |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (what, rows) in &in_process {
        rows.iter().for_each(|row| println!("| {what} | {}", row.cells()));
    }
    let processes = processes(rounds)?;
    let (versions, machine, toolchain) =
        (machine::versions(&PACKAGES)?, machine::machine(), machine::toolchain()?);
    println!(
        "\nmedian, least and most of {rounds} rounds; instructions are counted once\n\n{versions}\n{machine}\n{toolchain}"
    );

    let [(_, handlers), (_, groups)] = &in_process;
    let points =
        |rows: &[Row], of: fn(&Row) -> f64| rows.iter().map(|row| (f64::from(row.many), of(row))).collect();
    let plot = Plot {
        title: "What an event costs in process",
        x: "handlers of one agent, or groups on one topic",
        y: "instructions",
        lines: vec![
            Line { name: "an event, by groups", points: points(groups, |row| row.event) },
            Line { name: "a delivery of it", points: points(groups, Row::delivery) },
            Line { name: "an event, by handlers", points: points(handlers, |row| row.event) },
        ],
    };
    let results = json!({
        "versions": versions, "machine": machine, "toolchain": toolchain,
        "handlers": json(handlers), "groups": json(groups), "processes": processes,
    });
    let (file, picture) = (root()?.join("benches/results/scaling.json"), root()?.join("docs/scaling.svg"));
    fs::write(&file, format!("{results:#}\n"))?;
    fs::write(&picture, plot.svg())?;
    println!("\nwritten to {} and {}", file.display(), picture.display());
    Ok(())
}

/// What so many handlers or groups cost. Instructions are counted once, memory once a round.
struct Row {
    many: u32,
    /// How often an event is delivered.
    deliveries: f64,
    event: f64,
    start: f64,
    started: Vec<f64>,
    at_work: Vec<f64>,
}

fn counted(benches: &Benches, cases: &[(u32, &'static str)], rounds: usize) -> anyhow::Result<Vec<Row>> {
    let row = |&(many, case): &(u32, &'static str)| {
        let deliveries = if case.starts_with("groups") { f64::from(many) } else { 1.0 };
        let case = Case { who: "soorma", case, payload: "item", scope: "whole" };
        let (event, start) = (benches.instructions(case)?, benches.starting(case)?);
        let (mut started, mut at_work) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let [first, second] = benches.resident(case)?;
            started.push(first);
            at_work.push(second);
        }
        Ok(Row { many, deliveries, event, start, started, at_work })
    };
    cases.iter().map(row).collect()
}

impl Row {
    fn delivery(&self) -> f64 {
        self.event / self.deliveries
    }

    fn cells(&self) -> String {
        format!(
            "{} | {} | {} | {} | {} | {} |",
            grouped(self.many.into()),
            grouped(self.event),
            grouped(self.delivery()),
            grouped(self.start),
            spread(&self.started),
            spread(&self.at_work)
        )
    }
}

fn json(rows: &[Row]) -> Vec<Value> {
    let row = |row: &Row| {
        json!({
            "many": row.many, "event": row.event, "start": row.start,
            "resident_kb": row.started, "at_work_kb": row.at_work,
        })
    };
    rows.iter().map(row).collect()
}

/// From one process to four on one file: prints the rows, gives the rounds.
fn processes(rounds: usize) -> anyhow::Result<Value> {
    let mut program = sqlite::program("processes")?;
    let program = program.args(["--rounds", &rounds.to_string(), "--seconds", "5"]).stderr(Stdio::inherit());
    let said = program.output().context("cannot run cargo")?;
    ensure!(said.status.success(), "the processes on one file were not measured");
    let said: Value = serde_json::from_slice(&said.stdout)?;
    let all = said.as_array().context("no rounds")?;
    println!(
        "\n| processes on one file, 16 callers each | CPU an event, us | synced commits an event | other commits \
         | published/s, all | handled/s, all |\n| --- | --- | --- | --- | --- | --- |"
    );
    for processes in 1..=4 {
        let of = |name: &str| -> Vec<f64> {
            let those = all.iter().filter(|round| round["processes"] == processes);
            those.filter_map(|round| round[name].as_f64()).collect()
        };
        println!(
            "| {processes} | {} | {:.3} | {:.3} | {} | {} |",
            spread(&of("cpu_us")),
            median(of("synced_commits")),
            median(of("other_commits")),
            spread(&of("published_a_second")),
            spread(&of("handled_a_second"))
        );
    }
    Ok(said)
}

/// The middle, and the ends.
fn spread(figures: &[f64]) -> String {
    let (least, most) = ends(figures);
    format!("{} ({} to {})", grouped(median(figures.to_vec())), grouped(least), grouped(most))
}
