//! Ordered subscriptions: of the events with one key, all but the first wait behind it.

use rusqlite::{Connection, OptionalExtension};

use crate::sqlite::Change;

/// So many may wait behind others with their keys; what comes later stays in the log, whatever its key.
const BEHIND: i64 = 1_000;

/// How many more may wait behind others.
pub(super) fn room(file: &Connection, subscription: i64) -> rusqlite::Result<i64> {
    let behind: i64 = file
        .prepare_cached("SELECT count(*) FROM behind WHERE subscription = ?1")?
        .query_row([subscription], |row| row.get(0))?;
    Ok((BEHIND - behind).max(0))
}

/// Whether an earlier one with this key is not settled.
pub(super) fn is_busy(file: &Connection, subscription: i64, key: &str) -> rusqlite::Result<bool> {
    file.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM held WHERE subscription = ?1 AND key = ?2)
             OR EXISTS (SELECT 1 FROM delayed WHERE subscription = ?1 AND key = ?2)",
    )?
    .query_row((subscription, key), |row| row.get(0))
}

pub(super) fn line_up(
    file: &Connection,
    subscription: i64,
    key: &str,
    sequence: i64,
) -> rusqlite::Result<()> {
    file.prepare_cached("INSERT INTO behind (subscription, key, sequence) VALUES (?1, ?2, ?3)")?
        .execute((subscription, key, sequence))?;
    Ok(())
}

/// The one before is settled: the next with this key may be handed out.
pub(super) fn release(change: &Change<'_>, subscription: i64, key: &str) -> rusqlite::Result<()> {
    let next: Option<i64> = change
        .file
        .prepare_cached("SELECT min(sequence) FROM behind WHERE subscription = ?1 AND key = ?2")?
        .query_row((subscription, key), |row| row.get(0))
        .optional()?
        .flatten();
    // Or one that is still in the log, where the line is full.
    change.tell();
    let Some(next) = next else { return Ok(()) };
    change
        .file
        .prepare_cached("DELETE FROM behind WHERE subscription = ?1 AND key = ?2 AND sequence = ?3")?
        .execute((subscription, key, next))?;
    change
        .file
        .prepare_cached(
            "INSERT INTO delayed (subscription, due, sequence, delivered, key) VALUES (?1, ?2, ?3, 0, ?4)",
        )?
        .execute((subscription, change.now, next, key))?;
    Ok(())
}
