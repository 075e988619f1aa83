//! The rows of the store. Owns the statements; must not know how anybody waits, nor when they are run.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::text::{Below, Value, bytes, key};
use crate::{
    sqlite::Change,
    store::{Entry, Key},
};

/// How long the trace of what is gone is kept, in milliseconds.
const TRACE: i64 = 3_600_000;

/// How many changes a watcher is given at once.
const AT_ONCE: u32 = 64;

/// What must be true for a write to happen.
#[derive(Clone, Copy)]
pub(super) enum Condition {
    None,
    Absent,
    Revision(u64),
}

pub(super) fn get(file: &Connection, at: &str, now: i64) -> rusqlite::Result<Option<Entry>> {
    let mut get = file.prepare_cached(
        "SELECT revision, value FROM store
         WHERE key = ?1 AND value IS NOT NULL AND (until IS NULL OR until > ?2)",
    )?;
    Ok(get.query_row(params![at, now], |row| entry(row, 0)).optional()?.flatten())
}

/// Writes and gives the revision; `None` where the condition does not hold.
pub(super) fn write(
    change: &Change<'_>,
    at: &str,
    condition: Condition,
    value: &Value,
    until: Option<i64>,
) -> rusqlite::Result<Option<u64>> {
    let holds = match condition {
        Condition::None => true,
        Condition::Absent => newest(change, at)?.is_none(),
        Condition::Revision(revision) => newest(change, at)? == Some(revision),
    };
    if !holds {
        return Ok(None);
    }
    replace(change, at, Some(value), until).map(Some)
}

/// True where there was something.
pub(super) fn delete(change: &Change<'_>, at: &str) -> rusqlite::Result<bool> {
    let was_there = newest(change, at)?.is_some();
    if was_there {
        replace(change, at, None, Some(change.now + TRACE))?;
    }
    Ok(was_there)
}

/// Turns what has run out into traces, and removes traces whose time is over: of either as many at the most.
pub(super) fn sweep(change: &Change<'_>, many: u32) -> rusqlite::Result<()> {
    let mut ended = change.file.prepare_cached(
        "SELECT key FROM store WHERE value IS NOT NULL AND until IS NOT NULL AND until <= ?1 ORDER BY until LIMIT ?2",
    )?;
    let ended: Vec<String> =
        ended.query_map((change.now, many), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for at in ended {
        replace(change, &at, None, Some(change.now + TRACE))?;
    }
    let mut over = change.file.prepare_cached(
        "SELECT revision FROM store WHERE value IS NULL AND until <= ?1 ORDER BY until LIMIT ?2",
    )?;
    let over: Vec<i64> =
        over.query_map((change.now, many), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for revision in over {
        change.file.prepare_cached("DELETE FROM store WHERE revision = ?1")?.execute([revision])?;
        change
            .file
            .prepare_cached("UPDATE store_forgotten SET revision = max(revision, ?1)")?
            .execute([revision])?;
    }
    Ok(())
}

/// The keys at and below a prefix, in their order.
pub(super) fn list(file: &Connection, below: &Below, now: i64) -> rusqlite::Result<Vec<Key>> {
    let mut list = file.prepare_cached(
        "SELECT key FROM store
         WHERE (key = ?1 OR (key >= ?2 AND key < ?3)) AND value IS NOT NULL AND (until IS NULL OR until > ?4)",
    )?;
    let mut rows = list.query(params![below.itself, below.from, below.to, now])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.extend(key(row.get_ref(0)?.as_str()?));
    }
    // By segments, which is not the order of the texts.
    keys.sort_unstable();
    Ok(keys)
}

/// What is at and below a prefix, in the order of the keys, and the newest revision of all.
pub(super) fn all(file: &Connection, below: &Below, now: i64) -> rusqlite::Result<(Vec<(Key, Entry)>, i64)> {
    let mut all = file.prepare_cached(
        "SELECT key, revision, value FROM store
         WHERE (key = ?1 OR (key >= ?2 AND key < ?3)) AND value IS NOT NULL AND (until IS NULL OR until > ?4)",
    )?;
    let mut rows = all.query(params![below.itself, below.from, below.to, now])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let found = key(row.get_ref(0)?.as_str()?).zip(entry(row, 1)?);
        entries.extend(found);
    }
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    Ok((entries, newest_of_all(file)?))
}

/// What a watcher has not seen yet.
pub(super) struct News {
    /// `None` where traces are gone that it has not seen.
    pub(super) changes: Option<Vec<(Key, Option<Entry>)>>,
    /// The revision up to which it has seen everything now.
    pub(super) seen: i64,
    /// When the next entry runs out.
    pub(super) next_end: Option<i64>,
    pub(super) now: i64,
}

pub(super) fn news(file: &Connection, below: &Below, seen: i64, now: i64) -> rusqlite::Result<News> {
    let next_end = file
        .prepare_cached("SELECT min(until) FROM store WHERE value IS NOT NULL AND until IS NOT NULL")?
        .query_row([], |row| row.get(0))?;
    let newest = newest_of_all(file)?;
    if newest == seen {
        return Ok(News { changes: Some(Vec::new()), seen, next_end, now });
    }
    let forgotten: i64 =
        file.prepare_cached("SELECT revision FROM store_forgotten")?.query_row([], |row| row.get(0))?;
    if forgotten > seen {
        return Ok(News { changes: None, seen, next_end, now });
    }
    // What has run out, and has no trace yet, gets one in a moment.
    let mut changed = file.prepare_cached(
        "SELECT key, revision, value FROM store
         WHERE revision > ?1 AND (key = ?2 OR (key >= ?3 AND key < ?4))
           AND (value IS NULL OR until IS NULL OR until > ?5)
         ORDER BY revision LIMIT ?6",
    )?;
    let mut rows = changed.query(params![seen, below.itself, below.from, below.to, now, AT_ONCE])?;
    let mut changes = Vec::new();
    let (mut last, mut count) = (seen, 0);
    while let Some(row) = rows.next()? {
        last = row.get(1)?;
        count += 1;
        if let Some(key) = key(row.get_ref(0)?.as_str()?) {
            changes.push((key, entry(row, 1)?));
        }
    }
    let seen = if count == AT_ONCE { last } else { newest };
    Ok(News { changes: Some(changes), seen, next_end, now })
}

/// The revision of what is there.
fn newest(change: &Change<'_>, at: &str) -> rusqlite::Result<Option<u64>> {
    Ok(get_revision(change.file, at, change.now)?.and_then(|revision| u64::try_from(revision).ok()))
}

fn get_revision(file: &Connection, at: &str, now: i64) -> rusqlite::Result<Option<i64>> {
    file.prepare_cached(
        "SELECT revision FROM store
         WHERE key = ?1 AND value IS NOT NULL AND (until IS NULL OR until > ?2)",
    )?
    .query_row(params![at, now], |row| row.get(0))
    .optional()
}

fn replace(
    change: &Change<'_>,
    at: &str,
    value: Option<&Value>,
    until: Option<i64>,
) -> rusqlite::Result<u64> {
    change
        .file
        .prepare_cached("INSERT OR REPLACE INTO store (key, value, until) VALUES (?1, ?2, ?3)")?
        .execute(params![at, value, until])?;
    change.tell();
    Ok(u64::try_from(change.file.last_insert_rowid()).unwrap_or_default())
}

/// The newest revision that ever was.
fn newest_of_all(file: &Connection) -> rusqlite::Result<i64> {
    let newest = file
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'store'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(newest.unwrap_or(0))
}

/// Revision and value, from that column on; `None` where it is gone.
fn entry(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Entry>> {
    let revision = u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default();
    Ok(bytes(row.get_ref(column + 1)?).map(|value| Entry { value, revision }))
}
