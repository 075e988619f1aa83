//! Forgetting: events, dead letters and identities whose time is over, a little at a time, so that nobody's commit
//! waits long. Whichever process comes first does it for all. What a power cut undoes of it is forgotten again.
//!
//! The file stays as large as it was, and what is free in it is used again. SQLite could give it back page by page
//! (`incremental_vacuum`), but looks through the whole list of free pages for each that it moves: seconds for a megabyte
//! of a file of 4 GB, under the turn.

use std::{collections::HashMap, time::Duration};

use rusqlite::{Connection, OptionalExtension};

use super::{shared::Shared, subscriptions};
use crate::sqlite::{Change, FileError, SqliteOptions, millis};

/// So many events or letters go in one change.
const TOGETHER: usize = 500;

/// So many identities, which are small.
const IDENTITIES: usize = 5_000;

impl Shared {
    /// Forgets some of what is to be forgotten. Gives when to go on.
    pub(super) async fn sweep(&self) -> Result<i64, FileError> {
        let options = self.database.options().clone();
        self.database.write_light(move |change| sweep(change, &options)).await
    }
}

fn sweep(change: &Change<'_>, options: &SqliteOptions) -> rusqlite::Result<i64> {
    let file = change.file;
    let every = millis((options.retention / 20).clamp(Duration::from_millis(100), Duration::from_mins(1)));
    let swept: i64 = file.prepare_cached("SELECT swept FROM upkeep")?.query_row([], |row| row.get(0))?;
    if change.now < swept.saturating_add(every) {
        return Ok(swept.saturating_add(every));
    }
    let before = |time: Duration| change.now.saturating_sub(millis(time));
    let events = forget_events(change, before(options.retention))?;
    let identities = forget_identities(file, before(options.dedup))?;
    let letters = forget_letters(file, before(options.dead_letter_retention))?;
    if events || identities || letters {
        return Ok(change.now);
    }
    file.prepare_cached("UPDATE upkeep SET swept = ?1")?.execute([change.now])?;
    Ok(change.now.saturating_add(every))
}

/// Whether there are more.
fn forget_events(change: &Change<'_>, until: i64) -> rusqlite::Result<bool> {
    let file = change.file;
    let mut old: Vec<(i64, i64)> = Vec::new();
    let mut first = file.prepare_cached("SELECT sequence, route, at FROM log ORDER BY sequence LIMIT ?1")?;
    let mut rows = first.query([TOGETHER as i64])?;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(2)? > until {
            break;
        }
        old.push((row.get(0)?, row.get(1)?));
    }
    drop(rows);
    let Some((last, _)) = old.last().copied() else { return Ok(false) };
    count_missed(file, &old, last)?;
    file.prepare_cached("DELETE FROM log WHERE sequence <= ?1")?.execute([last])?;
    forget_routes(file, old.iter().map(|(_, route)| *route))?;
    // There may be room now.
    change.tell();
    Ok(old.len() == TOGETHER)
}

/// Counts what goes before its subscriptions have come to it.
fn count_missed(file: &Connection, old: &[(i64, i64)], last: i64) -> rusqlite::Result<()> {
    let behind: Vec<(i64, i64)> = file
        .prepare_cached("SELECT id, cursor FROM durables WHERE cursor < ?1")?
        .query_map([last], |row| row.try_into())?
        .collect::<rusqlite::Result<_>>()?;
    let mut places: HashMap<i64, (String, String, String)> = HashMap::new();
    for (_, route) in old {
        if !places.contains_key(route) {
            let place = file
                .prepare_cached("SELECT topic, type, address FROM routes WHERE id = ?1")?
                .query_row([route], |row| row.try_into())?;
            places.insert(*route, place);
        }
    }
    for (subscription, cursor) in behind {
        // What another version has written, and this one cannot read, must not keep everything for ever.
        let Some(hearing) = subscriptions::hearing(file, subscription).optional()? else { continue };
        let own: HashMap<i64, bool> = places
            .iter()
            .map(|(route, (topic, event_type, address))| (*route, hearing.hears(topic, event_type, address)))
            .collect();
        let missed = old.iter().filter(|(sequence, route)| *sequence > cursor && own[route]).count();
        file.prepare_cached("UPDATE durables SET missed = missed + ?2, cursor = ?3 WHERE id = ?1")?
            .execute((subscription, missed as i64, last))?;
    }
    Ok(())
}

/// Routes on which there is nothing any more: their numbers are never given again.
fn forget_routes(file: &Connection, routes: impl Iterator<Item = i64>) -> rusqlite::Result<()> {
    let mut routes: Vec<i64> = routes.collect();
    routes.sort_unstable();
    routes.dedup();
    let mut removed = 0;
    for route in routes {
        removed += file
            .prepare_cached(
                "DELETE FROM routes WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM log WHERE route = ?1)",
            )?
            .execute([route])?;
    }
    if removed > 0 {
        file.prepare_cached("UPDATE upkeep SET pruned = pruned + 1")?.execute([])?;
    }
    Ok(())
}

fn forget_identities(file: &Connection, until: i64) -> rusqlite::Result<bool> {
    // But for the last one, after which sequences are given.
    let mut first = file.prepare_cached(
        "SELECT sequence, at FROM recent WHERE sequence < (SELECT max(sequence) FROM recent)
         ORDER BY sequence LIMIT ?1",
    )?;
    let mut rows = first.query([IDENTITIES as i64])?;
    let (mut last, mut count) = (None, 0);
    while let Some(row) = rows.next()?
        && row.get::<_, i64>(1)? <= until
    {
        last = Some(row.get::<_, i64>(0)?);
        count += 1;
    }
    drop(rows);
    if let Some(last) = last {
        file.prepare_cached("DELETE FROM recent WHERE sequence <= ?1")?.execute([last])?;
    }
    Ok(count == IDENTITIES)
}

fn forget_letters(file: &Connection, until: i64) -> rusqlite::Result<bool> {
    let forgotten = file
        .prepare_cached(
            "DELETE FROM letters WHERE at <= ?1
             AND number IN (SELECT number FROM letters ORDER BY number LIMIT ?2)",
        )?
        .execute((until, TOGETHER as i64))?;
    Ok(forgotten == TOGETHER)
}

#[cfg(test)]
mod tests {
    use super::{super::log, *};
    use crate::sqlite::scratch::Scratch;

    #[tokio::test]
    async fn a_sequence_is_given_once_though_all_is_forgotten() {
        let place = Scratch::new();
        let database = place.open().await;
        for round in 0..3 {
            let given = database.write(move |change| {
                let given = [log::next(change, Some(&[round; 16]))?, log::next(change, None)?];
                forget_identities(change.file, i64::MAX)?;
                Ok((given, log::end(change.file)?))
            });
            let first = i64::from(round) * 2 + 1;
            assert_eq!(given.await.unwrap(), ([first, first + 1], first + 1));
        }
    }
}
