//! Publishing: a batch is one change of the file. Owns what is stored and what is refused; must not know who hears it.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::OptionalExtension;
use soorma_common::EventTopic;

use super::{
    recent::{Identity, Recent, identity},
    shared::Shared,
};
use crate::{
    broker::{Admission, BrokerError, Publication, PublishError, Published},
    race::race,
    sqlite::Change,
};

/// The largest event, in bytes of its data: that it fits into memory some times.
pub(super) const LARGEST: usize = 16 * 1024 * 1024;

/// One event as it is stored.
struct Letter {
    topic: EventTopic,
    event_type: String,
    address: String,
    key: Option<String>,
    envelope: String,
    identity: Identity,
    delay: Duration,
    within: Option<Duration>,
}

/// A place in the batch, and what became of it; `None` where there is no room.
type Fates = Vec<(usize, Option<Published>)>;

impl Shared {
    pub(super) async fn publish_all(&self, batch: Vec<Publication>) -> Vec<Result<Published, PublishError>> {
        let began = self.clock().now();
        let mut results: Vec<Option<Result<Published, PublishError>>> = Vec::with_capacity(batch.len());
        let mut letters = Vec::with_capacity(batch.len());
        for (place, publication) in batch.into_iter().enumerate() {
            let letter = self.check_open().map_err(PublishError::from).and_then(|()| letter(&publication));
            match letter {
                Ok(letter) => {
                    letters.push((place, letter));
                    results.push(None);
                }
                Err(error) => results.push(Some(Err(error))),
            }
        }
        while !letters.is_empty() {
            // Before the look: what makes room from then on is heard.
            let mut news = self.database.options().max_bytes.map(|_| self.database.news());
            let (left, fates) = match self.store(letters).await {
                Ok(done) => done,
                Err(places) => {
                    for (place, error) in places {
                        results[place] = Some(Err(error));
                    }
                    break;
                }
            };
            for (place, fate) in fates {
                results[place] = fate.map(Ok);
            }
            letters = left;
            letters.retain(|(place, _)| results[*place].is_none());
            if self.is_closed() {
                break;
            }
            let spent = self.clock().now().saturating_duration_since(began);
            letters.retain(|(place, letter)| {
                let waited = letter.within.unwrap_or_default();
                let goes_on = spent < waited;
                if !goes_on {
                    results[*place] = Some(Err(PublishError::Full { topic: letter.topic, waited }));
                }
                goes_on
            });
            let until = letters.iter().filter_map(|(_, letter)| letter.within).min();
            let Some((until, news)) = until.zip(news.as_mut()) else { break };
            self.room(news, began + until).await;
        }
        // Those that still waited for room.
        let closed = || Err(PublishError::Closed);
        results.into_iter().map(|result| result.unwrap_or_else(closed)).collect()
    }

    /// Waits until there may be room.
    async fn room(&self, news: &mut tokio::sync::watch::Receiver<()>, until: Instant) {
        let mut closed = self.closed.subscribe();
        let told = race(news.changed(), closed.wait_for(|closed| *closed));
        race(self.clock().sleep_until(until), told).await;
    }

    /// Stores what there is room for, all in one change; gives the letters back.
    async fn store(
        &self,
        letters: Vec<(usize, Letter)>,
    ) -> Result<(Vec<(usize, Letter)>, Fates), Vec<(usize, PublishError)>> {
        let recent = self.recent.clone();
        let most = self.database.options().max_bytes;
        let letters = Arc::new(letters);
        let written = letters.clone();
        let stored = self.database.write(move |change| {
            let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
            recent.catch_up(change)?;
            let mut fates = Vec::with_capacity(written.len());
            for (place, letter) in written.iter() {
                fates.push((*place, put(change, &mut recent, letter, most)?));
            }
            Ok(fates)
        });
        match stored.await {
            Ok(fates) => Ok((Arc::try_unwrap(letters).unwrap_or_default(), fates)),
            Err(error) => Err(letters
                .iter()
                .map(|(place, _)| (*place, PublishError::from(BrokerError::from(error.clone()))))
                .collect()),
        }
    }
}

fn letter(publication: &Publication) -> Result<Letter, PublishError> {
    let Publication { event, to, admission, delay } = publication;
    let bytes = event.data.get().len();
    if bytes > LARGEST {
        return Err(PublishError::TooLarge { bytes, limit: LARGEST });
    }
    let envelope = event.to_json().map_err(|error| PublishError::Refused(error.to_string()))?;
    Ok(Letter {
        topic: event.topic,
        event_type: event.event_type.to_string(),
        address: to.to_string(),
        key: event.partition_key.clone(),
        envelope,
        identity: identity(event),
        delay: *delay,
        within: match admission {
            Admission::Always => None,
            Admission::Within(within) => Some(*within),
        },
    })
}

fn put(
    change: &Change<'_>,
    recent: &mut Recent,
    letter: &Letter,
    most: Option<u64>,
) -> rusqlite::Result<Option<Published>> {
    if let Some(sequence) = recent.find(&letter.identity) {
        return Ok(Some(Published { sequence: sequence.unsigned_abs(), duplicate: true }));
    }
    if let Some(most) = most
        && letter.within.is_some()
        && used(change)? >= most
    {
        return Ok(None);
    }
    let Letter { event_type, address, key, envelope, .. } = letter;
    let topic = letter.topic.as_str();
    let sequence = recent.add(change, letter.identity)?;
    match letter.delay.is_zero() {
        true => {
            let route = route(change, topic, event_type, address)?;
            append(change, sequence, route, key.as_deref(), envelope)?;
        }
        false => {
            let due = change.after(letter.delay);
            change
                .file
                .prepare_cached(
                    "INSERT INTO later (sequence, due, topic, type, address, key, envelope)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute((sequence, due, topic, event_type, address, key, envelope))?;
            change.tell();
        }
    }
    Ok(Some(Published { sequence: sequence.unsigned_abs(), duplicate: false }))
}

/// Puts an event at the end of the log.
pub(super) fn append(
    change: &Change<'_>,
    sequence: i64,
    route: i64,
    key: Option<&str>,
    envelope: impl rusqlite::ToSql,
) -> rusqlite::Result<()> {
    change.tell();
    change
        .file
        .prepare_cached("INSERT INTO log (sequence, route, at, key, envelope) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((sequence, route, change.now, key, envelope))
        .map(drop)
}

/// The route of a topic, an event type and an address.
pub(super) fn route(
    change: &Change<'_>,
    topic: &str,
    event_type: &str,
    address: &str,
) -> rusqlite::Result<i64> {
    let place = (topic, event_type, address);
    let known = change
        .file
        .prepare_cached("SELECT id FROM routes WHERE topic = ?1 AND type = ?2 AND address = ?3")?
        .query_row(place, |row| row.get(0))
        .optional()?;
    match known {
        Some(route) => Ok(route),
        None => change
            .file
            .prepare_cached("INSERT INTO routes (topic, type, address) VALUES (?1, ?2, ?3)")?
            .insert(place),
    }
}

/// How large the file is, less what is free in it.
fn used(change: &Change<'_>) -> rusqlite::Result<u64> {
    let number =
        |sql| -> rusqlite::Result<i64> { change.file.prepare_cached(sql)?.query_row([], |row| row.get(0)) };
    let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
    Ok(pages.unsigned_abs() * number("PRAGMA page_size")?.unsigned_abs())
}
