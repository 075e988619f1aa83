//! Building and starting a program: `hello` and order-flow, and what `hello` costs by other means.

mod built;
mod programs;
mod server;
mod started;
mod tree;

use std::{collections::BTreeMap, fs};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use self::{
    built::Built,
    programs::{PROGRAMS, Program},
    server::Server,
    started::Started,
    tree::Tree,
};
use super::{
    machine,
    measure::{ends, median, root},
};

/// So often each program is started in each round.
const STARTS: usize = 21;

const COLUMNS: [(&str, &str); 8] = [
    ("debug_cpu", "clean debug build, s of CPU"),
    ("release_cpu", "clean release build, s of CPU"),
    ("changed_cpu", "one handler changed, s of CPU"),
    ("changed_seconds", "s"),
    ("binary_mb", "release binary, MB"),
    ("ready_ms", "start to first event, ms"),
    ("start_cpu_ms", "CPU of a start, ms"),
    ("resident_mb", "resident at rest, MB"),
];

/// The figures of a program, by the names of [`COLUMNS`], and its packages.
type Figures = BTreeMap<&'static str, Vec<f64>>;

pub(super) fn run(options: &[String]) -> anyhow::Result<()> {
    let (mut rounds, mut only) = (3, Vec::new());
    for option in options.chunks(2) {
        match option {
            [name, number] if name == "--rounds" => {
                rounds = number.parse().context("`--rounds` takes a number")?;
            }
            [name, names] if name == "--only" => only = names.split(',').collect(),
            _ => bail!("no option `{}`, or no value for it; see `cargo xtask bench --help`", option[0]),
        }
    }
    if let Some(unknown) = only.iter().find(|name| !PROGRAMS.iter().any(|program| program.name == **name)) {
        let names = PROGRAMS.map(|program| program.name).join(", ");
        bail!("no program `{unknown}`; there are {names}");
    }
    ensure!(rounds > 0, "`--rounds` takes a number from 1");
    let chosen: Vec<&Program> =
        PROGRAMS.iter().filter(|program| only.is_empty() || only.contains(&program.name)).collect();
    let tree = Tree::copy(&root()?, &root()?.join("target/xtask/bench-start"))?;
    let server = Server::start(&tree)?;
    if server.is_none() {
        eprintln!("there is no nats-server: what needs one is built, and not started");
    }
    let mut all: Vec<(&Program, usize, Figures)> = Vec::new();
    for program in chosen {
        all.push((program, built::packages(&tree, program)?, Figures::new()));
    }
    // In turn, so that a change of the machine's mood meets all of them.
    for round in 0..rounds {
        for (program, _, figures) in &mut all {
            let built = Built::measure(&tree, program, round)?;
            add(figures, "debug_cpu", built.debug_cpu);
            add(figures, "release_cpu", built.release_cpu);
            add(figures, "changed_cpu", built.changed_cpu);
            add(figures, "changed_seconds", built.changed_seconds);
            add(figures, "binary_mb", built.bytes / 1e6);
            eprintln!("round {} of {rounds}: {} is built", round + 1, program.name);
        }
        for _ in 0..STARTS {
            for (program, _, figures) in &mut all {
                if let Some(started) = Started::measure(&tree, program, server.as_ref())? {
                    add(figures, "ready_ms", started.ready_ms);
                    add(figures, "start_cpu_ms", started.cpu_ms);
                    add(figures, "resident_mb", started.resident_mb);
                }
            }
        }
    }
    print(&all);
    let (machine, toolchain) = (machine::machine(), machine::toolchain()?);
    println!(
        "\nmedian, least and most of {rounds} round(s), {STARTS} starts in each; `hello` may have 45 packages, 30 s and 5 ms; order-flow \
         is started without its reader, until it says that it is ready; CPU of a start is that until it is at rest\n\n\
         {machine}\n{toolchain}"
    );
    // Of some programs alone it would be no table.
    if all.len() == PROGRAMS.len() {
        let programs: BTreeMap<&str, Value> = all
            .iter()
            .map(|(program, packages, figures)| {
                (program.name, json!({ "packages": packages, "figures": figures }))
            })
            .collect();
        let results =
            json!({ "machine": machine, "toolchain": toolchain, "rounds": rounds, "programs": programs });
        let file = root()?.join("benches/results/start.json");
        fs::write(&file, format!("{results:#}\n"))?;
        println!("\nwritten to {}", file.display());
    }
    Ok(())
}

fn add(figures: &mut Figures, name: &'static str, figure: f64) {
    figures.entry(name).or_default().push(figure);
}

fn print(all: &[(&Program, usize, Figures)]) {
    let heads = COLUMNS.map(|(_, head)| format!(" {head} |")).concat();
    println!("| | packages |{heads}\n| --- | --- |{}", " --- |".repeat(COLUMNS.len()));
    for (program, packages, figures) in all {
        let cells = COLUMNS
            .map(|(name, _)| figures.get(name).map_or(" |".to_owned(), |all| format!(" {} |", spread(all))));
        println!("| {} | {packages} |{}", program.title, cells.concat());
    }
}

/// The middle, and the ends.
fn spread(figures: &[f64]) -> String {
    let (least, most) = ends(figures);
    format!("{:.1} ({least:.1} to {most:.1})", median(figures.to_vec()))
}
