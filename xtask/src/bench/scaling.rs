//! How cost grows: with handlers in one agent and groups on one topic, counted in process, with groups on a server, and with
//! processes on one file.

mod counted;
mod told;

use std::fs;

use anyhow::{Context, bail, ensure};
use serde_json::json;

use self::counted::{GROUPS, HANDLERS, Row, counted};
use super::{
    count::Benches,
    machine,
    measure::{ends, grouped, median, root},
    plot::{Line, Plot},
};

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
    let (processes, on_nats) = (told::processes(rounds)?, told::groups(rounds)?);
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
        "handlers": counted::json(handlers), "groups": counted::json(groups),
        "processes_on_a_file": processes, "groups_on_nats": on_nats,
    });
    let (file, picture) = (root()?.join("benches/results/scaling.json"), root()?.join("docs/scaling.svg"));
    fs::write(&file, format!("{results:#}\n"))?;
    fs::write(&picture, plot.svg())?;
    println!("\nwritten to {} and {}", file.display(), picture.display());
    Ok(())
}

/// The middle, and the ends.
fn spread(figures: &[f64]) -> String {
    let (least, most) = ends(figures);
    format!("{} ({} to {})", grouped(median(figures.to_vec())), grouped(least), grouped(most))
}
