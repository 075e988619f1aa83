//! What became of the run, as a table, and whether that is good.

use std::{collections::BTreeSet, fmt};

use crate::{
    deliveries::Repeated,
    file::Count,
    fire::Fired,
    fleet::Report,
    records::{Records, Repeat},
};

/// A server that is killed forgets the deliveries of its last moments, and counts them from one again. What it hands out
/// again may lead to an outcome that is stored twice after the kill: the first of them within a lease.
const LEASE: f64 = 33.0;

/// How many of a kind are named.
const NAMED: usize = 5;

/// What became of the run.
pub(crate) struct Verdict {
    pub(crate) fired: Fired,
    pub(crate) stopped: Report,
    pub(crate) records: Records,
    /// What was delivered more than once, where the broker tells.
    pub(crate) deliveries: Option<Repeated>,
    /// The same again, by the broker's own program, where it has one.
    pub(crate) counted_again: Option<Count>,
}

impl Verdict {
    /// Every order has exactly one outcome, a repeated one is explained, and everything ended in time and in order.
    pub(crate) fn is_good(&self) -> bool {
        let Records { missing, contradicted, strangers, .. } = &self.records;
        missing.is_empty()
            && contradicted.is_empty()
            && strangers.is_empty()
            && self.unexplained() == 0
            && self.counted_again.is_none_or(|count| count == self.counted())
            && self.fired.in_time
            && self.stopped.surprises.is_empty()
    }

    /// What the program should have counted.
    fn counted(&self) -> Count {
        let Records { completed, refused, missing, contradicted, repeated, strangers, .. } = &self.records;
        let repeated: BTreeSet<&str> = repeated.iter().map(|repeat| repeat.order.as_str()).collect();
        Count {
            placed: self.records.placed,
            completed: *completed,
            refused: *refused,
            missing: missing.len(),
            contradicted: contradicted.len(),
            repeated: repeated.len(),
            strangers: strangers.len(),
        }
    }

    /// Outcomes stored twice although nothing that led to them was delivered twice.
    fn unexplained(&self) -> usize {
        self.records.repeated.iter().filter(|repeat| self.why(repeat).is_none()).count()
    }

    /// Why it is stored more than once.
    fn why(&self, repeat: &Repeat) -> Option<String> {
        if let Some(times) = self.deliveries_of(repeat) {
            return Some(format!("what led to it was delivered {times} times"));
        }
        let (first, again) = repeat.stored;
        let between = |at: &f64| (first - LEASE..again).contains(at);
        let killed = self.fired.server_kills.iter().any(between);
        killed.then(|| "the server was killed in between, and forgot what it had delivered".to_owned())
    }

    /// How often something that led to it was delivered, where that is more than once.
    fn deliveries_of(&self, repeat: &Repeat) -> Option<u64> {
        let deliveries = self.deliveries.as_ref()?;
        repeat.causes.iter().filter_map(|cause| deliveries.get(cause)).max().copied()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fired, stopped, records, deliveries, counted_again } = self;
        let seconds = fired.took.as_secs_f64();
        let one = records.completed + records.refused;
        writeln!(f, "| what | count |\n| --- | ---: |")?;
        let mut row = |what: &str, count: String| writeln!(f, "| {what} | {count} |");
        row("orders", records.placed.to_string())?;
        row("in exactly one outcome", one.to_string())?;
        row("  completed", records.completed.to_string())?;
        row("  refused", records.refused.to_string())?;
        row("without an outcome", records.missing.len().to_string())?;
        row("with two outcomes", records.contradicted.len().to_string())?;
        row("outcomes of orders that nobody placed", records.strangers.len().to_string())?;
        row("outcomes stored more than once", records.repeated.len().to_string())?;
        let counted = records.repeated.iter().filter(|repeat| self.deliveries_of(repeat).is_some());
        row("  explained by a delivery count above one", counted.count().to_string())?;
        row("  not explained", self.unexplained().to_string())?;
        if let Some(deliveries) = deliveries {
            row("events delivered more than once", deliveries.len().to_string())?;
        }
        row("dead letters", records.letters.len().to_string())?;
        row("workers killed", stopped.kills.values().sum::<usize>().to_string())?;
        if deliveries.is_some() {
            row("server killed", fired.server_kills.len().to_string())?;
        }
        row("consumers with something left to do", fired.backlog.len().to_string())?;
        row("seconds", format!("{seconds:.1}"))?;
        row("orders a second", format!("{:.0}", one as f64 / seconds.max(0.001)))?;
        for (agent, kilobytes) in &stopped.peaks {
            row(&format!("peak memory, {agent}"), format!("{} MB", kilobytes / 1_000))?;
        }
        writeln!(f, "\n| event type | messages | events |\n| --- | ---: | ---: |")?;
        for (event_type, (messages, events)) in &records.types {
            writeln!(f, "| {event_type} | {messages} | {events} |")?;
        }
        if let Some(count) = counted_again {
            let same = if *count == self.counted() { "the same" } else { "NOT the same" };
            writeln!(f, "\ncounted again in SQL, by the program sqlite3: {same}: {count:?}")?;
        }
        self.names(f)
    }
}

impl Verdict {
    fn names(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fired, stopped, records, .. } = self;
        let mut list = |what: &str, names: &[String]| {
            for name in names.iter().take(NAMED) {
                writeln!(f, "{what}: {name}")?;
            }
            Ok(())
        };
        list("without an outcome", &records.missing)?;
        list("with two outcomes", &records.contradicted)?;
        list("nobody placed", &records.strangers)?;
        list("dead letter", &records.letters)?;
        list("left to do", &fired.backlog)?;
        for surprise in &stopped.surprises {
            list("surprise", std::slice::from_ref(surprise))?;
        }
        if !fired.in_time {
            list("surprise", &["it did not end in time".to_owned()])?;
        }
        // What has no explanation comes first.
        let (explained, unexplained): (Vec<_>, Vec<_>) =
            records.repeated.iter().partition(|repeat| self.why(repeat).is_some());
        for repeat in unexplained.into_iter().chain(explained).take(NAMED) {
            let why = self.why(repeat);
            let why = why.as_deref().unwrap_or("nothing that led to it was delivered twice");
            writeln!(
                f,
                "stored again: {} of {} after {:.1} s; {why}",
                repeat.event_type,
                repeat.order,
                repeat.stored.1 - repeat.stored.0
            )?;
        }
        Ok(())
    }
}
