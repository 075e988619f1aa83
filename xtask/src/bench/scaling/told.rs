//! What other programs measure and tell as JSON, one object a round: processes on one file, and groups on a server.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::{
    super::{measure::median, server, sqlite},
    spread,
};

/// A column: its head, the figure's name, and whether it is so small that only its median is of use.
type Column = (&'static str, &'static str, bool);

/// From one process to four on one file: prints the rows, gives the rounds.
pub(super) fn processes(rounds: usize) -> anyhow::Result<Value> {
    let columns = [
        ("CPU an event, us", "cpu_us", false),
        ("synced commits an event", "synced_commits", true),
        ("other commits", "other_commits", true),
        ("published/s, all", "published_a_second", false),
        ("handled/s, all", "handled_a_second", false),
    ];
    let mut program = sqlite::program("processes")?;
    program.args(["--seconds", "5"]);
    table("processes on one file, 16 callers each", "processes", &[1, 2, 3, 4], &columns, program, rounds)
}

/// From one group to 64 on a topic of a server.
pub(super) fn groups(rounds: usize) -> anyhow::Result<Value> {
    let columns = [
        ("CPU an event, agents, us", "agents_cpu_us", false),
        ("server, us", "server_cpu_us", false),
        ("server, MB", "server_mb", false),
        ("start, ms", "start_ms", false),
    ];
    table("groups on NATS, 1 KB", "groups", &[1, 8, 64], &columns, server::program("groups")?, rounds)
}

fn table(
    title: &str,
    many: &str,
    steps: &[u32],
    columns: &[Column],
    mut program: Command,
    rounds: usize,
) -> anyhow::Result<Value> {
    let said = program.args(["--rounds", &rounds.to_string()]).stderr(Stdio::inherit()).output();
    let said = said.context("cannot run cargo")?;
    ensure!(said.status.success(), "{title}: not measured");
    let said: Value = serde_json::from_slice(&said.stdout)?;
    let all = said.as_array().context("no rounds")?;
    let heads = columns.iter().map(|(head, ..)| format!(" {head} |")).collect::<String>();
    println!("\n| {title} |{heads}\n| --- |{}", " --- |".repeat(columns.len()));
    for step in steps {
        let cell = |(_, name, small): &Column| {
            let those = all.iter().filter(|round| round[many] == *step);
            let figures: Vec<f64> = those.filter_map(|round| round[*name].as_f64()).collect();
            if *small { format!(" {:.3} |", median(figures)) } else { format!(" {} |", spread(&figures)) }
        };
        println!("| {step} |{}", columns.iter().map(cell).collect::<String>());
    }
    Ok(said)
}
