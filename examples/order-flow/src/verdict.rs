//! Whether a run went as it should: what the program's exit code says.

use crate::{
    books::Books,
    reader::Run,
    text::{counted, grouped},
};

/// How many orders are named.
const NAMED: usize = 5;

/// Whether a run went as it should.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// Everything that went wrong, for people.
    pub(crate) wrong: Vec<String>,
    /// Every order has one outcome, and stock and money add up.
    pub(crate) adds_up: bool,
}

impl Verdict {
    pub(crate) fn on(run: &Run, after: &Books) -> Self {
        let tally = &run.tally;
        let mut wrong = Vec::new();
        if tally.second_outcomes > 0 {
            wrong.push(format!("{} beyond the first of an order", counted(tally.second_outcomes, "outcome")));
        }
        // A run that was stopped has orders on their way: nothing can be said of them.
        if let Some(end) = &run.end {
            if let Err(error) = end {
                wrong.push(format!("{error:#}"));
            }
            let named: Vec<_> = tally.in_flight().take(NAMED).map(String::as_str).collect();
            if !named.is_empty() {
                let open = counted(tally.in_flight().len() as u64, "order");
                wrong.push(format!("{open} without an outcome, for example {}", named.join(", ")));
            }
            wrong.extend(after.mistakes(&run.before, tally));
        }
        let adds_up = run.end.is_some() && wrong.is_empty();
        match tally.bad_lines {
            0 => {}
            1 => wrong.push("1 line is no order".to_owned()),
            lines => wrong.push(format!("{} lines are no orders", grouped(lines))),
        }
        Self { wrong, adds_up }
    }
}
