//! The dead letters: kept, listed, delivered again, removed.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, types::Value};
use soorma_common::Address;

use super::{
    log,
    publish::{append, route},
    shared::Shared,
    subscriptions,
};
use crate::{
    BoxFuture,
    broker::{Body, BrokerError, DeadLetter, DeadLetters, Unreadable},
    sqlite::Change,
};

/// Keeps a letter; where it is there already, nothing is added.
pub(super) fn keep(change: &Change<'_>, letter: &DeadLetter) -> rusqlite::Result<bool> {
    let of = &letter.subscription;
    let sequence = i64::try_from(letter.sequence).unwrap_or(i64::MAX);
    let envelope = match &letter.body {
        Body::Event(event) => Value::Text(json(&**event)?),
        Body::Raw(bytes) => log::value(bytes),
    };
    let place = log::Reading::of(change.file)?.read(sequence)?;
    let event = letter.body.event();
    let event_type = match (&place, event) {
        (Some(place), _) => place.event_type.clone(),
        (None, Some(event)) => event.event_type.to_string(),
        (None, None) => String::new(),
    };
    let key =
        place.and_then(|place| place.key).or_else(|| event.and_then(|event| event.partition_key.clone()));
    let mut insert = change.file.prepare_cached(
        "INSERT INTO letters (id, at, agent, topic, pattern, name, sequence, type, key, envelope, reason,
         first_errors, errors, handler, attempts, first_failure, last_failure)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
         ON CONFLICT (id) DO NOTHING",
    )?;
    insert.execute(rusqlite::params![
        letter.id(),
        change.now,
        of.agent,
        of.topic.as_str(),
        of.pattern,
        of.name,
        sequence,
        event_type,
        key,
        envelope,
        json(&letter.reason)?.trim_matches('"'),
        json(&letter.first_errors)?,
        json(&letter.errors)?,
        letter.handler,
        letter.attempts,
        letter.first_failure.to_string(),
        letter.last_failure.to_string(),
    ])?;
    Ok(true)
}

fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// `None` where this version cannot read it.
fn letter(row: &Row<'_>) -> rusqlite::Result<Option<DeadLetter>> {
    let Some(subscription) = subscriptions::id(row)? else { return Ok(None) };
    let bytes = row.get_ref("envelope")?.as_bytes()?;
    let body = match Unreadable::read(bytes, subscription.topic, row.get_ref("type")?.as_str()?) {
        Ok(event) => Body::Event(Arc::new(event)),
        Err(_) => Body::Raw(Arc::from(bytes)),
    };
    let text = |column| row.get_ref(column).and_then(|value| Ok(value.as_str()?));
    let errors = |column| text(column).map(|text| serde_json::from_str(text).unwrap_or_default());
    let reason = format!("\"{}\"", text("reason")?);
    let (Ok(reason), Ok(first), Ok(last)) =
        (serde_json::from_str(&reason), text("first_failure")?.parse(), text("last_failure")?.parse())
    else {
        return Ok(None);
    };
    Ok(Some(DeadLetter {
        subscription,
        sequence: row.get::<_, i64>("sequence")?.unsigned_abs(),
        body,
        reason,
        first_errors: errors("first_errors")?,
        errors: errors("errors")?,
        handler: row.get("handler")?,
        attempts: row.get("attempts")?,
        first_failure: first,
        last_failure: last,
    }))
}

fn list(file: &Connection, limit: usize) -> rusqlite::Result<Vec<DeadLetter>> {
    let mut all = file.prepare_cached("SELECT * FROM letters ORDER BY number")?;
    let mut rows = all.query([])?;
    let mut letters = Vec::new();
    while letters.len() < limit
        && let Some(row) = rows.next()?
    {
        match letter(row)? {
            Some(letter) => letters.push(letter),
            None => {
                tracing::warn!(id = ?row.get::<_, String>("id"), "no dead letter that this version knows")
            }
        }
    }
    Ok(letters)
}

/// Whether there was one; the inner error is why its subscription would not hear it.
fn replay(change: &Change<'_>, id: &str) -> rusqlite::Result<Option<Result<(), String>>> {
    let file = change.file;
    let found = file
        .query_row(
            "SELECT agent, topic, pattern, name, type, key, envelope FROM letters WHERE id = ?1",
            [id],
            |row| {
                Ok((
                    subscriptions::id(row)?,
                    row.get::<_, String>("topic")?,
                    row.get::<_, String>("type")?,
                    row.get::<_, Option<String>>("key")?,
                    log::value(row.get_ref("envelope")?.as_bytes()?),
                ))
            },
        )
        .optional()?;
    let Some((of, topic, event_type, key, envelope)) = found else { return Ok(None) };
    let refused = |why: String| Ok(Some(Err(why)));
    let Some(of) = of else { return refused(format!("this version knows no topic `{topic}`")) };
    let Some(subscription) = subscriptions::find(file, &of.durable_name())? else {
        return refused(format!("`{of}` does not exist"));
    };
    let durable_name =
        file.query_row("SELECT durable_name FROM durables WHERE id = ?1", [subscription], |row| row.get(0))?;
    let to = Address::Subscription(durable_name).to_string();
    if !subscriptions::hearing(file, subscription)?.hears(&topic, &event_type, &to) {
        return refused(format!("`{of}` does not hear `{event_type}` any more"));
    }
    let route = route(change, &topic, &event_type, &to)?;
    append(change, log::next(change, None)?, route, key.as_deref(), envelope)?;
    file.execute("DELETE FROM letters WHERE id = ?1", [id])?;
    Ok(Some(Ok(())))
}

impl DeadLetters for Shared {
    fn list(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, BrokerError>> {
        Box::pin(async move {
            self.check_open()?;
            Ok(self.database.read(move |file| list(file, limit)).await?)
        })
    }

    fn replay<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(async move {
            self.check_open()?;
            let id = id.to_owned();
            match self.database.write(move |change| replay(change, &id)).await? {
                None => Ok(false),
                Some(Ok(())) => Ok(true),
                Some(Err(why)) => Err(BrokerError::Refused(why)),
            }
        })
    }

    fn purge<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(async move {
            self.check_open()?;
            let id = id.to_owned();
            let purged = self
                .database
                .write(move |change| change.file.execute("DELETE FROM letters WHERE id = ?1", [&id]));
            Ok(purged.await? > 0)
        })
    }
}
