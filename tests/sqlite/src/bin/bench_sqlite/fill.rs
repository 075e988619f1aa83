//! Filling a file with events, without anybody who publishes them: rows in the tables of the broker.

use std::path::Path;

use anyhow::Context;
use rusqlite::Connection;
use soorma::{EventDraft, EventEnvelope, EventTopic, Timestamp};

use crate::{meter, order::Placed};

/// So many rows in one commit.
const TOGETHER: u64 = 50_000;

/// How old the settled ones are, in milliseconds: a day.
const AGE: i64 = 86_400_000;

/// An envelope with a place for an id and for data.
pub(crate) struct Template {
    before: String,
    between: String,
    after: String,
    data: String,
}

impl Template {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let order = Placed::new(0);
        let draft = EventDraft::new(EventTopic::BusinessFacts, "order.placed", &order)?;
        let event = EventEnvelope::root("publisher", draft, Timestamp::now());
        let (text, data) = (serde_json::to_string(&event)?, event.data.get().to_owned());
        let (before, rest) = text.split_once(&*event.id).context("an envelope has an id")?;
        let (between, after) = rest.split_once(&data).context("an envelope has data")?;
        Ok(Self { before: before.to_owned(), between: between.to_owned(), after: after.to_owned(), data })
    }

    /// An event with the same data as every other.
    pub(crate) fn envelope(&self, number: u64) -> String {
        let Self { before, between, after, data } = self;
        format!("{before}{number:036}{between}{data}{after}")
    }

    pub(crate) fn with(&self, number: u64, order: &Placed) -> anyhow::Result<String> {
        let Self { before, between, after, .. } = self;
        let data = serde_json::to_string(order)?;
        Ok(format!("{before}{number:036}{between}{data}{after}"))
    }
}

/// Adds settled events, and after them some that wait. The file is ready, and nobody works on it.
pub(crate) fn fill(path: &Path, settled: u64, waiting: u64) -> anyhow::Result<()> {
    let mut file = Connection::open(path)?;
    file.pragma_update(None, "synchronous", "off")?;
    let template = Template::new()?;
    let route = "INSERT INTO routes (topic, type, address) VALUES ('business-facts', 'order.placed', '_')
                 ON CONFLICT DO UPDATE SET topic = topic RETURNING id";
    let route: i64 = file.query_row(route, [], |row| row.get(0))?;
    let now = i64::try_from(meter::now() / 1_000_000)?;
    for (events, at, are_settled) in [(settled, now - AGE, true), (waiting, now, false)] {
        let mut number = 0;
        while number < events {
            let change = file.transaction()?;
            let mut insert = change.prepare("INSERT INTO log (route, at, envelope) VALUES (?1, ?2, ?3)")?;
            let end = events.min(number + TOGETHER);
            for number in number..end {
                insert.execute((route, at, template.envelope(number)))?;
            }
            drop(insert);
            change.commit()?;
            number = end;
        }
        if are_settled {
            file.execute("UPDATE durables SET cursor = (SELECT coalesce(max(sequence), 0) FROM log)", [])?;
        }
    }
    file.query_row("PRAGMA wal_checkpoint(truncate)", [], |_| Ok(()))?;
    Ok(())
}
