//! What became of the run, as a table, and whether that is good.

use std::{fmt, time::Duration};

use crate::{broker::Kind, ledger::Ledger, options::Options};

/// How many of a kind are named.
const NAMED: usize = 5;

/// What became of the run.
#[derive(Debug)]
pub(crate) struct Verdict {
    broker: Kind,
    flushed_only: bool,
    pub(crate) ledger: Ledger,
    pub(crate) cuts: usize,
    /// After how many cuts the broker started on what was left, and was sound.
    pub(crate) started: usize,
    /// After how many cuts every agent went on with new events.
    pub(crate) resumed: usize,
    /// How long was published before cuts, and how much was confirmed meanwhile.
    pub(crate) loaded: Duration,
    pub(crate) confirmed_under_load: usize,
}

impl Verdict {
    pub(crate) fn of(options: &Options) -> Self {
        Self {
            broker: options.broker,
            flushed_only: options.flushed_only,
            ledger: Ledger::default(),
            cuts: 0,
            started: 0,
            resumed: 0,
            loaded: Duration::ZERO,
            confirmed_under_load: 0,
        }
    }

    /// Nothing that was confirmed is lost, nothing comes again against the broker's word, and everybody went on.
    pub(crate) fn is_good(&self) -> bool {
        let undone = if self.broker.keeps_acknowledgements() { self.ledger.again.acknowledged } else { 0 };
        self.ledger.lost().events.is_empty() && undone == 0 && self.resumed == self.cuts
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lost, again) = (self.ledger.lost(), self.ledger.again);
        let disk = if self.flushed_only { "what it was told to flush" } else { "all that it was given" };
        writeln!(f, "| {}; a disk that keeps {disk} | count |\n| --- | ---: |", self.broker)?;
        let mut row = |what: &str, count: String| writeln!(f, "| {what} | {count} |");
        row("power cuts", self.cuts.to_string())?;
        row("after which the broker was sound", self.started.to_string())?;
        row("after which every agent went on", self.resumed.to_string())?;
        row("publications confirmed before a cut", self.ledger.confirmed().to_string())?;
        row("  lost: some agent never got them", lost.events.values().sum::<usize>().to_string())?;
        row("  lost at most by one cut", lost.events.values().max().unwrap_or(&0).to_string())?;
        row("  cuts that lost any", lost.events.len().to_string())?;
        for (duty, (count, _)) in &lost.by_duty {
            row(&format!("  lost: {duty}"), count.to_string())?;
        }
        row("handled again, acknowledgement confirmed before a cut", again.acknowledged.to_string())?;
        row("handled again, acknowledgement not confirmed", again.open.to_string())?;
        row("handled again with no cut in between", again.uncut.to_string())?;
        let seconds = self.loaded.as_secs_f64();
        row("seconds under load", format!("{seconds:.1}"))?;
        let rate = self.confirmed_under_load as f64 / seconds.max(0.001);
        row("publications confirmed a second", format!("{rate:.0}"))?;
        for (duty, (_, ids)) in &lost.by_duty {
            for id in ids.iter().take(NAMED) {
                writeln!(f, "lost: {duty}: {id}")?;
            }
        }
        Ok(())
    }
}
