//! The rows of durable subscriptions: how one is read, and found by a name that it has or had.

use std::{sync::Arc, time::Duration};

use rusqlite::{Connection, OptionalExtension, Row};
use soorma_common::EventPattern;

use super::hearing::{Hearing, Routes};
use crate::broker::{Hears, Kind, Start, SubscriptionId, SubscriptionSpec};

/// What changes with every draw.
pub(super) struct Position {
    pub(super) version: i64,
    pub(super) cursor: i64,
    pub(super) missed: i64,
    pub(super) ordered: bool,
    /// Milliseconds.
    pub(super) lease: i64,
}

/// `None` where it was removed.
pub(super) fn position(file: &Connection, subscription: i64) -> rusqlite::Result<Option<Position>> {
    file.prepare_cached("SELECT version, cursor, missed, ordered, lease FROM durables WHERE id = ?1")?
        .query_row([subscription], |row| {
            Ok(Position {
                version: row.get(0)?,
                cursor: row.get(1)?,
                missed: row.get(2)?,
                ordered: row.get(3)?,
                lease: row.get(4)?,
            })
        })
        .optional()
}

/// Finds a durable subscription by the name that it has, or that it had where no other has it now.
pub(super) fn find(file: &Connection, durable_name: &str) -> rusqlite::Result<Option<i64>> {
    file.prepare_cached(
        "SELECT id FROM durables WHERE durable_name = ?1
         UNION ALL SELECT subscription FROM former_names WHERE durable_name = ?1 LIMIT 1",
    )?
    .query_row([durable_name], |row| row.get(0))
    .optional()
}

pub(super) const COLUMNS: &str =
    "id, version, agent, topic, pattern, name, patterns, hears, ordered, lease, cursor";

/// What the row says that it hears; `None` where this version cannot read it.
pub(super) fn spec(row: &Row<'_>) -> rusqlite::Result<Option<SubscriptionSpec>> {
    let Some(id) = id(row)? else { return Ok(None) };
    let patterns: Option<Vec<EventPattern>> = serde_json::from_str::<Vec<String>>(row.get_ref(6)?.as_str()?)
        .ok()
        .and_then(|patterns| patterns.iter().map(|pattern| pattern.parse().ok()).collect());
    let hears = match row.get_ref(7)?.as_str()? {
        "everyone" => Hears::Everyone,
        "group" => Hears::Group,
        "all" => Hears::All,
        _ => return Ok(None),
    };
    let kind = Kind::Group { start: Start::Now, ordered: row.get(8)?, was: None };
    let lease = Duration::from_millis(row.get::<_, i64>(9)?.unsigned_abs());
    Ok(patterns.map(|patterns| SubscriptionSpec { id, patterns, hears, kind, lease }))
}

/// Its identity; `None` where this version does not know the topic.
pub(super) fn id(row: &Row<'_>) -> rusqlite::Result<Option<SubscriptionId>> {
    let Ok(topic) = row.get_ref("topic")?.as_str()?.parse() else { return Ok(None) };
    Ok(Some(SubscriptionId {
        agent: row.get("agent")?,
        topic,
        pattern: row.get("pattern")?,
        name: row.get("name")?,
    }))
}

/// What a subscription hears, and its routes. `known` is used as far as it is still true.
pub(super) fn routes(
    file: &Connection,
    subscription: i64,
    version: i64,
    known: Arc<Routes>,
) -> rusqlite::Result<Arc<Routes>> {
    let known = match known.version == version {
        true => known,
        false => Arc::new(Routes::none(Arc::new(hearing(file, subscription)?), version)),
    };
    known.by_now(file)
}

pub(super) fn hearing(file: &Connection, subscription: i64) -> rusqlite::Result<Hearing> {
    let spec = file
        .prepare_cached(&format!("SELECT {COLUMNS} FROM durables WHERE id = ?1"))?
        .query_row([subscription], spec)?;
    let spec = spec.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let former = file
        .prepare_cached("SELECT durable_name FROM former_names WHERE subscription = ?1")?
        .query_map([subscription], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Hearing { spec, former })
}

pub(super) fn hears(hears: Hears) -> &'static str {
    match hears {
        Hears::Everyone => "everyone",
        Hears::Group => "group",
        Hears::All => "all",
    }
}
