//! The in-process path: what an event costs in instructions, allocations and time, on soorma, on `ruststream`, and on a bare channel.

use std::fs;

use serde_json::{Value, json};

use super::{
    count::{Benches, Case},
    machine,
    measure::{grouped, median, root},
};

/// What is counted: what it is, the case, its payload, its scope, and who has it besides soorma.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const FLOOR: &[&str] = &["floor", "ruststream"];
const PEER: &[&str] = &["ruststream"];

const ROWS: &[Row] = &[
    ("one typed handler, 1 KB", "typed", "large", "whole", FLOOR),
    ("one typed handler, 100 B", "typed", "small", "whole", FLOOR),
    ("one typed handler, two numbers", "typed", "item", "whole", FLOOR),
    ("1 KB, delivery alone", "typed", "large", "delivery", FLOOR),
    ("100 B, delivery alone", "typed", "small", "delivery", FLOOR),
    ("two numbers, delivery alone", "typed", "item", "delivery", FLOOR),
    ("two numbers out of 1 KB, delivery alone", "typed", "padded", "delivery", FLOOR),
    ("a pattern, 1 KB", "pattern", "large", "whole", PEER),
    ("a returned output, 100 B", "returned", "small", "whole", PEER),
    ("three extractors, 100 B", "three", "small", "whole", PEER),
    ("retry after one failure, two numbers", "retry", "item", "whole", PEER),
    ("order by key", "ordered", "keyed", "whole", PEER),
    ("request and answer, two numbers", "ask", "item", "whole", PEER),
    ("`tracing` at trace level, 100 B", "traced", "small", "whole", PEER),
    ("`tracing` at info level, 100 B", "informed", "small", "whole", PEER),
];

/// What `ruststream` does with sixteen workers, as many as a handler of soorma has where nothing is said.
const SIXTEEN: &[(&str, &str, &str)] = &[
    ("one typed handler, 100 B, `workers(16)`", "small", "whole"),
    ("two numbers, `workers(16)`, delivery alone", "item", "delivery"),
];

const TIMED: &str = "200000";
const ROUNDS: usize = 7;
const EVERYONE: [&str; 3] = ["floor", "soorma", "ruststream"];
const PACKAGES: [&str; 4] = ["soorma", "ruststream", "tokio", "serde_json"];

pub(super) fn run() -> anyhow::Result<()> {
    let benches = Benches::build(true)?;
    let toolchain = machine::toolchain()?;
    let (counts, rates) = (counts(&benches)?, rates(&benches)?);
    let (versions, machine) = (machine::versions(&PACKAGES)?, machine::machine());
    println!("\n{versions}\n{machine}\n{toolchain}");
    let results = json!({
        "versions": versions, "machine": machine, "toolchain": toolchain, "counts": counts, "rates": rates,
    });
    let file = root()?.join("benches/results/in-process.json");
    fs::create_dir_all(root()?.join("benches/results"))?;
    fs::write(&file, format!("{results:#}\n"))?;
    println!("\nwritten to {}", file.display());
    Ok(())
}

fn counts(benches: &Benches) -> anyhow::Result<Vec<Value>> {
    let mut results = Vec::new();
    println!("| an event | | instructions | allocations |");
    println!("| --- | --- | --- | --- |");
    let mut count = |what: &str, case: Case| -> anyhow::Result<()> {
        let (instructions, allocations) = (benches.instructions(case)?, benches.allocations(case)?);
        println!("| {what} | {} | {} | {allocations:.1} |", case.who, grouped(instructions));
        let Case { who, case, payload, scope } = case;
        results.push(json!({
            "who": who, "case": case, "payload": payload, "scope": scope,
            "instructions": instructions.round(), "allocations": (allocations * 10.0).round() / 10.0,
        }));
        Ok(())
    };
    for (what, case, payload, scope, others) in ROWS {
        for who in others.iter().copied().chain(["soorma"]) {
            count(what, Case { who, case, payload, scope })?;
        }
    }
    for (what, payload, scope) in SIXTEEN {
        count(what, Case { who: "ruststream", case: "sixteen", payload, scope })?;
    }
    Ok(results)
}

fn rates(benches: &Benches) -> anyhow::Result<Vec<Value>> {
    let mut results = Vec::new();
    println!("\n| events a second, 2 threads | {} |", EVERYONE.join(" | "));
    println!("| --- | --- | --- | --- |");
    for (what, payload) in [("1 KB", "large"), ("100 B", "small"), ("two numbers", "item")] {
        let mut rates = EVERYONE.map(|_| Vec::new());
        // Interleaved, so that a change of the machine's mood meets all.
        for _ in 0..ROUNDS {
            for (who, rates) in EVERYONE.into_iter().zip(&mut rates) {
                rates.push(benches.rate(Case { who, case: "typed", payload, scope: "time" }, TIMED)?);
            }
        }
        let mut cells = Vec::new();
        for (who, rates) in EVERYONE.into_iter().zip(rates) {
            let (least, most) = rates.iter().fold((f64::MAX, 0.0_f64), |(a, b), r| (a.min(*r), b.max(*r)));
            let middle = median(rates);
            cells.push(format!("{} ({} to {})", grouped(middle), grouped(least), grouped(most)));
            results.push(json!({
                "who": who, "payload": payload, "median": middle, "least": least, "most": most,
            }));
        }
        println!("| {what} | {} |", cells.join(" | "));
    }
    println!("\nmedian, least and most of {ROUNDS} interleaved runs of {TIMED} events");
    Ok(results)
}
