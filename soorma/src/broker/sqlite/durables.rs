//! Durable subscriptions: made, changed, renamed, listed, removed.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::{hearing::Routes, log, shared::Shared, subscriptions};
use crate::{
    broker::{BrokerError, Kind, Start, SubscriptionId, SubscriptionSpec},
    sqlite::{Change, millis},
};

/// What of a spec is kept.
struct Chosen {
    id: SubscriptionId,
    durable_name: String,
    patterns: String,
    hears: &'static str,
    ordered: bool,
    lease: i64,
    start: Start,
    /// The durable name that it had.
    was: Option<String>,
}

impl Shared {
    /// Makes durable subscriptions exist, all in one change, and gives their numbers.
    pub(super) async fn provision(&self, specs: &[SubscriptionSpec]) -> Result<Vec<i64>, BrokerError> {
        self.check_open()?;
        let mut all = Vec::with_capacity(specs.len());
        for spec in specs {
            check(spec)?;
            let Kind::Group { start, ordered, was } = &spec.kind else { continue };
            let patterns: Vec<&str> = spec.patterns.iter().map(|pattern| pattern.as_str()).collect();
            all.push(Chosen {
                id: spec.id.clone(),
                durable_name: spec.id.durable_name(),
                patterns: serde_json::to_string(&patterns)
                    .map_err(|error| BrokerError::Refused(error.to_string()))?,
                hears: subscriptions::hears(spec.hears),
                ordered: *ordered,
                lease: millis(spec.lease),
                start: *start,
                was: was.as_ref().map(SubscriptionId::durable_name),
            });
        }
        if all.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.database.write(move |change| all.iter().map(|one| provision(change, one)).collect()).await?)
    }

    pub(super) async fn durables(&self) -> Result<Vec<SubscriptionId>, BrokerError> {
        self.check_open()?;
        let ids = self.database.read(|file| {
            let mut all = file.prepare("SELECT agent, topic, pattern, name FROM durables")?;
            all.query_map([], subscriptions::id)?.collect::<rusqlite::Result<Vec<_>>>()
        });
        let mut ids: Vec<_> = ids.await?.into_iter().flatten().collect();
        ids.sort_unstable();
        Ok(ids)
    }

    pub(super) async fn remove(&self, id: &SubscriptionId) -> Result<bool, BrokerError> {
        self.check_open()?;
        let name = id.durable_name();
        let used: Vec<i64> = self.seats().iter().filter_map(|seat| seat.durable()).collect();
        let removed = self.database.write(move |change| remove(change, &name, &used)).await?;
        removed.ok_or_else(|| BrokerError::Refused(format!("`{id}` is in use")))
    }
}

pub(super) fn check(spec: &SubscriptionSpec) -> Result<(), BrokerError> {
    if spec.patterns.is_empty() {
        return Err(BrokerError::Refused(format!("`{}` names no event type to hear", spec.id)));
    }
    Ok(())
}

fn provision(change: &Change<'_>, chosen: &Chosen) -> rusqlite::Result<i64> {
    let file = change.file;
    if let Some(subscription) = named(file, &chosen.durable_name)? {
        return take_over(change, subscription, chosen);
    }
    if let Some(was) = &chosen.was
        && let Some(subscription) = named(file, was)?
    {
        // Whoever had one of these names before hears what is addressed to it no more.
        file.execute(
            "UPDATE durables SET version = version + 1
             WHERE id IN (SELECT subscription FROM former_names WHERE durable_name IN (?1, ?2))",
            (&chosen.durable_name, was),
        )?;
        file.execute("DELETE FROM former_names WHERE durable_name = ?1", [&chosen.durable_name])?;
        file.execute(
            "INSERT INTO former_names (durable_name, subscription) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET subscription = excluded.subscription",
            (was, subscription),
        )?;
        let SubscriptionId { agent, topic, pattern, name } = &chosen.id;
        file.execute(
            "UPDATE durables SET durable_name = ?2, agent = ?3, topic = ?4, pattern = ?5, name = ?6,
             version = version + 1 WHERE id = ?1",
            (subscription, &chosen.durable_name, agent, topic.as_str(), pattern, name),
        )?;
        return take_over(change, subscription, chosen);
    }
    // An older version of the program, beside the newer one that has renamed the handler.
    if let Some(subscription) = subscriptions::find(file, &chosen.durable_name)? {
        return Ok(subscription);
    }
    let cursor = match chosen.start {
        Start::Beginning => 0,
        Start::Now => log::end(file)?,
    };
    let SubscriptionId { agent, topic, pattern, name } = &chosen.id;
    file.prepare_cached(
        "INSERT INTO durables
         (durable_name, agent, topic, pattern, name, patterns, hears, ordered, lease, cursor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .insert((
        &chosen.durable_name,
        agent,
        topic.as_str(),
        pattern,
        name,
        &chosen.patterns,
        chosen.hears,
        chosen.ordered,
        chosen.lease,
        cursor,
    ))
}

fn named(file: &Connection, durable_name: &str) -> rusqlite::Result<Option<i64>> {
    file.prepare_cached("SELECT id FROM durables WHERE durable_name = ?1")?
        .query_row([durable_name], |row| row.get(0))
        .optional()
}

/// The last one to ask prevails.
fn take_over(change: &Change<'_>, subscription: i64, chosen: &Chosen) -> rusqlite::Result<i64> {
    let file = change.file;
    let Chosen { patterns, hears, ordered, lease, .. } = chosen;
    let same: bool = file
        .prepare_cached(
            "SELECT (patterns, hears, ordered, lease) IS (?2, ?3, ?4, ?5) FROM durables WHERE id = ?1",
        )?
        .query_row((subscription, patterns, hears, ordered, lease), |row| row.get(0))?;
    if same {
        return Ok(subscription);
    }
    let upto = passed(file, subscription)?;
    file.execute(
        "UPDATE durables SET patterns = ?2, hears = ?3, ordered = ?4, lease = ?5, version = version + 1,
         cursor = max(cursor, ?6) WHERE id = ?1",
        (subscription, patterns, hears, ordered, lease, upto),
    )?;
    if !ordered {
        // What waited behind another one waits for nobody any more.
        file.execute(
            "INSERT INTO delayed (subscription, due, sequence, delivered, key)
             SELECT subscription, ?2, sequence, 0, NULL FROM behind WHERE subscription = ?1",
            (subscription, change.now),
        )?;
        file.execute("DELETE FROM behind WHERE subscription = ?1", [subscription])?;
    }
    change.tell();
    Ok(subscription)
}

/// Up to where nothing waits for it as it is: what it has passed does not come, whatever it hears from now on. Nothing
/// of that is known where another version has written what it hears.
fn passed(file: &Connection, subscription: i64) -> rusqlite::Result<i64> {
    let Some(position) = subscriptions::position(file, subscription)? else { return Ok(0) };
    let Some(hearing) = subscriptions::hearing(file, subscription).optional()? else { return Ok(0) };
    let routes = Arc::new(Routes::none(Arc::new(hearing), position.version)).by_now(file)?;
    let found = log::after(file, &routes, position.cursor, 1)?;
    match found.sequences.first() {
        Some(first) => Ok(first - 1),
        None if found.more => Ok(found.upto),
        None => log::end(file),
    }
}

/// Whether there was one; `None` while somebody uses it.
fn remove(change: &Change<'_>, durable_name: &str, used: &[i64]) -> rusqlite::Result<Option<bool>> {
    let file = change.file;
    let Some(subscription) = named(file, durable_name)? else { return Ok(Some(false)) };
    // Of other processes, what they have in hand can be seen.
    let in_hand: bool = file.query_row(
        "SELECT EXISTS (SELECT 1 FROM held WHERE subscription = ?1 AND until > ?2)",
        (subscription, change.now),
        |row| row.get(0),
    )?;
    if in_hand || used.contains(&subscription) {
        return Ok(None);
    }
    for table in ["held", "delayed", "behind", "former_names"] {
        file.execute(&format!("DELETE FROM {table} WHERE subscription = ?1"), [subscription])?;
    }
    file.execute("DELETE FROM durables WHERE id = ?1", [subscription])?;
    change.tell();
    Ok(Some(true))
}
