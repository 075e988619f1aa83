//! The figures for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{
    Options,
    figures::{Figures, Middle},
    machine::Machine,
};
use crate::{Case, Variant, meter::Measured, plan::IN_FLIGHT};

pub(super) fn markdown(machine: &Machine, options: &Options, figures: &Figures) -> String {
    let mut text = String::new();
    for case in Case::ALL.iter().copied() {
        let _ = writeln!(
            text,
            "| {} | in flight | events/s | of by hand | CPU an event | of the server | messages to it, from it | median | p99 |",
            case.title()
        );
        let _ = writeln!(text, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        for in_flight in IN_FLIGHT {
            for variant in Variant::ALL.iter().copied().filter(|variant| variant.has(case)) {
                let _ = writeln!(text, "{}", row(figures, variant, case, in_flight));
            }
        }
        let _ = writeln!(text);
        for variant in Variant::ALL.iter().copied().filter(|variant| variant.has(case)) {
            let _ = writeln!(text, "- {}: {}", variant.name(), variant.promises(case));
        }
        let _ = writeln!(text);
    }
    let versions: Vec<String> =
        machine.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let _ = writeln!(
        text,
        "medians of {} interleaved rounds, in brackets the middle half of them; {} events a run, fewer where that would take \
         long; 1 KB of JSON; one server, one file-backed stream a run; {} ({} cores), {}; {}",
        options.rounds,
        options.events,
        machine.processor,
        machine.cores,
        machine.system,
        versions.join(", ")
    );
    text
}

fn row(figures: &Figures, variant: Variant, case: Case, in_flight: usize) -> String {
    let of = (variant, case, in_flight);
    let (Some(rate), Some(ratio)) =
        (figures.middle(of, |run| run.rate), figures.ratio(variant, case, in_flight))
    else {
        return format!("| {} | {in_flight} | not measured | | | | | | |", variant.name());
    };
    let time = |middle: Option<Middle>| match middle {
        Some(middle) if middle.median > 0.0 => format!("{:.0} us", middle.median),
        _ => String::new(),
    };
    let count = |what: fn(&Measured) -> f64| figures.middle(of, what).filter(|middle| middle.median > 0.0);
    let messages = match (count(|run| run.to_server), count(|run| run.from_server)) {
        (Some(to), Some(from)) => format!("{:.2}, {:.2}", to.median, from.median),
        _ => String::new(),
    };
    format!(
        "| {} | {in_flight} | {:.0} ({:.0} to {:.0}) | {:.2} ({:.2} to {:.2}) | {} | {} | {} | {} | {} |",
        variant.name(),
        rate.median,
        rate.low,
        rate.high,
        ratio.median,
        ratio.low,
        ratio.high,
        time(figures.middle(of, |run| run.cpu)),
        time(figures.middle(of, |run| run.server_cpu)),
        messages,
        time(figures.middle(of, |run| run.median)),
        time(figures.middle(of, |run| run.p99)),
    )
}

pub(super) fn json(machine: &Machine, options: &Options, figures: &Figures) -> anyhow::Result<String> {
    let mut rows: Vec<Value> = Vec::new();
    for case in Case::ALL.iter().copied() {
        for in_flight in IN_FLIGHT {
            for variant in Variant::ALL.iter().copied().filter(|variant| variant.has(case)) {
                rows.push(json!({
                    "case": case.name(),
                    "in_flight": in_flight,
                    "variant": variant.name(),
                    "promises": variant.promises(case),
                    "rounds": figures.of(variant, case, in_flight),
                }));
            }
        }
    }
    let whole =
        json!({ "machine": machine, "rounds": options.rounds, "events": options.events, "rows": rows });
    Ok(serde_json::to_string_pretty(&whole)?)
}
