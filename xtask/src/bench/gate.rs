//! The gate: a few instruction counts against a committed baseline. Two per cent more is a change that somebody has to want; so is two
//! per cent less, or the gain could be lost again unseen. Counts of another compiler, libc or processor say nothing, and are not compared.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::{
    count::{self, Benches, Case},
    machine,
    measure::{grouped, root},
};

/// By how much a count may differ, in per cent.
const TOLERANCE: f64 = 2.0;

/// Few and cheap, and between them the way of every event.
const CASES: &[(&str, &str, &str)] = &[
    ("typed", "item", "whole"),
    ("typed", "item", "delivery"),
    ("typed", "large", "whole"),
    ("typed", "large", "delivery"),
    ("returned", "small", "whole"),
    ("ordered", "keyed", "whole"),
    ("ask", "item", "whole"),
];

/// What the gate says.
pub(crate) enum Verdict {
    /// All counts are within the tolerance.
    Passed(String),
    /// Not compared, and why.
    Skipped(String),
    /// What is beyond it, and what to do.
    Failed(String),
}

/// The command: compares, or moves the baseline where a reason is given.
pub(super) fn run(options: &[String]) -> anyhow::Result<()> {
    match options {
        [] => match compare(&mut |line| println!("{line}"))? {
            Verdict::Passed(remark) | Verdict::Skipped(remark) => println!("\n{remark}"),
            Verdict::Failed(why) => bail!(why),
        },
        [accept, reason] if accept == "--accept" && !reason.trim().is_empty() => {
            move_baseline(reason.trim())?
        }
        _ => bail!("`cargo xtask bench gate` takes nothing, or `--accept \"why the counts change\"`"),
    }
    Ok(())
}

/// Counts, and compares with the baseline; `line` takes the table.
pub(crate) fn compare(line: &mut dyn FnMut(&str)) -> anyhow::Result<Verdict> {
    if count::valgrind().is_none() {
        return Ok(Verdict::Skipped("not counted: there is no valgrind".to_owned()));
    }
    let text = fs::read_to_string(file()?).context("there is no baseline; `--accept` writes one")?;
    let baseline: Value = serde_json::from_str(&text).context("benches/baseline.json")?;
    let toolchain = machine::toolchain()?;
    if baseline["toolchain"] != toolchain {
        line(&format!("baseline: {}\nhere:     {toolchain}", baseline["toolchain"]));
        return Ok(Verdict::Skipped(format!(
            "not compared: {}",
            differences(&baseline["toolchain"], &toolchain)
        )));
    }
    let benches = Benches::build(false)?;
    line("| instructions an event | baseline | now | |\n| --- | --- | --- | --- |");
    let mut beyond = Vec::new();
    for case in cases() {
        let (name, mut now) = (name(case), benches.instructions(case)?);
        let Some(then) = baseline["instructions"][&name].as_f64() else {
            line(&format!("| {name} | | {} | new |", grouped(now)));
            beyond.push(format!("`{name}` is not in the baseline"));
            continue;
        };
        let change = |now: f64| (now / then - 1.0) * 100.0;
        if change(now).abs() > TOLERANCE {
            // Two runs of one program differ by up to 1.7 %, as malloc finds the heap: only what is so each time is a change of the program.
            let again = benches.instructions(case)?;
            now = if change(again).abs() < change(now).abs() { again } else { now };
        }
        let change = change(now);
        line(&format!("| {name} | {} | {} | {change:+.2} % |", grouped(then), grouped(now)));
        if change.abs() > TOLERANCE {
            beyond.push(format!("`{name}` by {change:+.1} %"));
        }
    }
    if beyond.is_empty() {
        return Ok(Verdict::Passed(format!("{} counts within {TOLERANCE} %", CASES.len())));
    }
    Ok(Verdict::Failed(format!(
        "{}: instructions an event differ from benches/baseline.json by more than {TOLERANCE} %. If that is not meant, \
         `valgrind --tool=callgrind` on that case shows which function it is; if it is, or if it is a gain to be kept, \
         run `cargo xtask bench gate --accept \"<why>\"` and commit the file",
        beyond.join(", ")
    )))
}

fn move_baseline(reason: &str) -> anyhow::Result<()> {
    if count::valgrind().is_none() {
        bail!("there is no valgrind to count with");
    }
    let benches = Benches::build(false)?;
    let mut counts = BTreeMap::new();
    for case in cases() {
        counts.insert(name(case), benches.instructions(case)?.round());
    }
    // Why it is what it is, what it was counted with, and the counts.
    let baseline = json!({ "reason": reason, "toolchain": machine::toolchain()?, "instructions": counts });
    fs::write(file()?, format!("{baseline:#}\n"))?;
    for (case, instructions) in &counts {
        println!("{case}: {}", grouped(*instructions));
    }
    println!("\nbenches/baseline.json is written; it says why: {reason}");
    Ok(())
}

fn cases() -> impl Iterator<Item = Case> {
    CASES.iter().map(|&(case, payload, scope)| Case { who: "soorma", case, payload, scope })
}

/// As the baseline has it.
fn name(case: Case) -> String {
    format!("{} {} {}", case.case, case.payload, case.scope)
}

fn file() -> anyhow::Result<PathBuf> {
    Ok(root()?.join("benches/baseline.json"))
}

/// Which parts of the toolchain differ.
fn differences(then: &Value, now: &Value) -> String {
    let parts = now.as_object().into_iter().flatten();
    let other = parts.filter(|(name, value)| then[name.as_str()] != **value);
    let named: Vec<String> =
        other.map(|(name, value)| format!("{name} is {value}, and was {}", then[name.as_str()])).collect();
    named.join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn another_compiler_is_named() {
        let (then, now) =
            (json!({"rustc": "1.95.0", "avx2": true}), json!({"rustc": "1.96.0", "avx2": true}));
        assert_eq!(differences(&then, &now), r#"rustc is "1.96.0", and was "1.95.0""#);
    }
}
