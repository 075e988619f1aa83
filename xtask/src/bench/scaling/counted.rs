//! Handlers and groups in process: instructions and memory, of the program in `benches/`.

use serde_json::{Value, json};

use super::{
    super::{
        count::{Benches, Case},
        measure::grouped,
    },
    spread,
};

/// How many, as the program has the case.
type Cases = &'static [(u32, &'static str)];

pub(super) const HANDLERS: Cases =
    &[(1, "handlers-1"), (10, "handlers-10"), (100, "handlers-100"), (1_000, "handlers-1000")];
pub(super) const GROUPS: Cases = &[(1, "groups-1"), (8, "groups-8"), (64, "groups-64")];

/// What so many handlers or groups cost. Instructions are counted once, memory once a round.
pub(super) struct Row {
    pub(super) many: u32,
    /// How often an event is delivered.
    deliveries: f64,
    pub(super) event: f64,
    start: f64,
    started: Vec<f64>,
    at_work: Vec<f64>,
}

pub(super) fn counted(benches: &Benches, cases: Cases, rounds: usize) -> anyhow::Result<Vec<Row>> {
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
    pub(super) fn delivery(&self) -> f64 {
        self.event / self.deliveries
    }

    pub(super) fn cells(&self) -> String {
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

pub(super) fn json(rows: &[Row]) -> Vec<Value> {
    let row = |row: &Row| {
        json!({
            "many": row.many, "event": row.event, "start": row.start,
            "resident_kb": row.started, "at_work_kb": row.at_work,
        })
    };
    rows.iter().map(row).collect()
}
