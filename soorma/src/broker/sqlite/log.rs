//! The log: what comes after a place in it, on the routes of one subscription.

use rusqlite::{CachedStatement, Connection, OptionalExtension, types::Value};

use super::{hearing::Routes, recent::Identity};
use crate::sqlite::Change;

/// With so many routes, the log is read as a whole, and not route by route.
const MANY: usize = 32;

/// So many events are read at the most where the log is read as a whole.
const SCANNED: usize = 2_000;

/// What comes after a place.
pub(super) struct Found {
    pub(super) sequences: Vec<i64>,
    /// What is up to here, and is not among those, is somebody else's.
    pub(super) upto: i64,
    /// There may be more after that.
    pub(super) more: bool,
}

impl Found {
    /// Leaves all but the first `many` where they are.
    pub(super) fn keep(&mut self, many: usize, cursor: i64) {
        if self.sequences.len() > many {
            self.sequences.truncate(many);
            self.upto = self.sequences.last().copied().unwrap_or(cursor);
            self.more = true;
        }
    }
}

/// The next `limit` at the most, which is at least one.
pub(super) fn after(
    file: &Connection,
    routes: &Routes,
    cursor: i64,
    limit: usize,
) -> rusqlite::Result<Found> {
    if routes.ids.len() > MANY {
        return scan(file, routes, cursor, limit);
    }
    let mut sequences: Vec<i64> = Vec::new();
    let mut probe = file.prepare_cached(
        "SELECT sequence FROM log WHERE route = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
    )?;
    for route in &routes.ids {
        for sequence in probe.query_map((route, cursor, limit as i64), |row| row.get(0))? {
            sequences.push(sequence?);
        }
    }
    sequences.sort_unstable();
    let upto = sequences.last().copied().unwrap_or(cursor);
    let mut found = Found { more: sequences.len() >= limit, sequences, upto };
    found.keep(limit, cursor);
    Ok(found)
}

fn scan(file: &Connection, routes: &Routes, cursor: i64, limit: usize) -> rusqlite::Result<Found> {
    let mut all = file
        .prepare_cached("SELECT sequence, route FROM log WHERE sequence > ?1 ORDER BY sequence LIMIT ?2")?;
    let mut rows = all.query((cursor, SCANNED as i64))?;
    let mut found = Found { sequences: Vec::new(), upto: cursor, more: false };
    let mut read = 0;
    while let Some(row) = rows.next()? {
        read += 1;
        found.upto = row.get(0)?;
        if routes.ids.binary_search(&row.get(1)?).is_ok() {
            found.sequences.push(found.upto);
            if found.sequences.len() == limit {
                break;
            }
        }
    }
    found.more = found.sequences.len() == limit || read == SCANNED;
    Ok(found)
}

/// The last sequence that was given to anything.
pub(super) fn end(file: &Connection) -> rusqlite::Result<i64> {
    // What somebody has put into the log by hand has its place in the log alone.
    let mut last = file.prepare_cached(
        "SELECT max((SELECT coalesce(max(sequence), 0) FROM recent), (SELECT coalesce(max(sequence), 0) FROM log))",
    )?;
    last.query_row([], |row| row.get(0))
}

/// Gives the next sequence, to what is known by this identity.
pub(super) fn next(change: &Change<'_>, identity: Option<&Identity>) -> rusqlite::Result<i64> {
    let sequence = end(change.file)? + 1;
    change
        .file
        .prepare_cached("INSERT INTO recent (sequence, at, identity) VALUES (?1, ?2, ?3)")?
        .execute((sequence, change.now, identity))?;
    Ok(sequence)
}

/// How many events come after a place.
pub(super) fn count_after(file: &Connection, routes: &Routes, cursor: i64) -> rusqlite::Result<u64> {
    let mut one = file.prepare_cached("SELECT count(*) FROM log WHERE route = ?1 AND sequence > ?2")?;
    let mut sum = 0;
    for route in &routes.ids {
        sum += one.query_row((route, cursor), |row| row.get::<_, i64>(0))?;
    }
    Ok(sum.unsigned_abs())
}

/// An event as it lies in the log.
pub(super) struct Stored {
    pub(super) event_type: String,
    pub(super) key: Option<String>,
    pub(super) bytes: Vec<u8>,
}

/// An envelope as it stands in the file: text where it is one, so that people can read JSON.
pub(super) fn value(envelope: &[u8]) -> Value {
    match str::from_utf8(envelope) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Blob(envelope.to_vec()),
    }
}

/// Reads events one after the other.
pub(super) struct Reading<'a>(CachedStatement<'a>);

impl<'a> Reading<'a> {
    pub(super) fn of(file: &'a Connection) -> rusqlite::Result<Self> {
        file.prepare_cached(
            "SELECT r.type, e.key, e.envelope FROM log e JOIN routes r ON r.id = e.route WHERE e.sequence = ?1",
        )
        .map(Self)
    }

    /// `None` where its retention is over.
    pub(super) fn read(&mut self, sequence: i64) -> rusqlite::Result<Option<Stored>> {
        let stored = self.0.query_row([sequence], |row| {
            let bytes = row.get_ref(2)?.as_bytes_or_null()?.unwrap_or_default().to_vec();
            Ok(Stored { event_type: row.get(0)?, key: row.get(1)?, bytes })
        });
        stored.optional()
    }
}
