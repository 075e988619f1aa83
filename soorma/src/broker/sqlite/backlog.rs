//! How much is not settled.

use std::sync::Arc;

use rusqlite::Connection;

use super::{hearing::Routes, log, seat::Place, shared::Shared, subscriptions};
use crate::broker::{Backlog, BrokerError, SubscriptionId};

/// What is counted, with the first end of a backoff by the clock of the file.
#[derive(Default)]
struct Count {
    waiting: u64,
    in_flight: u64,
    delayed: u64,
    scheduled: u64,
    due: Option<i64>,
}

impl Shared {
    pub(super) async fn backlog(&self, of: &[SubscriptionId]) -> Result<Backlog, BrokerError> {
        self.check_open()?;
        let names: Vec<String> = of.iter().map(SubscriptionId::durable_name).collect();
        let now = self.file_clock().now();
        let mut listening = Vec::new();
        let mut count = Count::default();
        for seat in self.seats().iter() {
            let Place::Ephemeral(hand) = &seat.place else { continue };
            let routes = seat.known.get();
            if !of.contains(&routes.hearing.spec.id) {
                continue;
            }
            // The place before the hand: what goes from one to the other is counted twice for a moment, never not.
            listening.push((routes, seat.flags().cursor));
            for item in hand.lock().values() {
                match item {
                    item if item.at <= now => count.waiting += 1,
                    item if item.held => count.in_flight += 1,
                    item => {
                        count.delayed += 1;
                        count.due = count.due.into_iter().chain([item.at]).min();
                    }
                }
            }
        }
        let read = self.database.read(move |file| {
            for (routes, cursor) in listening {
                let routes = routes.by_now(file)?;
                count.waiting += log::count_after(file, &routes, cursor)?;
                scheduled(file, &routes, now, &mut count)?;
            }
            let mut found = Vec::with_capacity(names.len());
            for name in names {
                found.extend(subscriptions::find(file, &name)?);
            }
            found.sort_unstable();
            found.dedup();
            for subscription in found {
                durable(file, subscription, now, &mut count)?;
            }
            Ok(count)
        });
        let Count { waiting, in_flight, delayed, scheduled, due } = read.await?;
        let next_due = due.map(|due| self.file_clock().instant(due));
        Ok(Backlog { waiting, in_flight, delayed, scheduled, next_due })
    }
}

fn durable(file: &Connection, subscription: i64, now: i64, count: &mut Count) -> rusqlite::Result<()> {
    let Some(position) = subscriptions::position(file, subscription)? else { return Ok(()) };
    let hearing = Arc::new(subscriptions::hearing(file, subscription)?);
    let routes = Arc::new(Routes::none(hearing, position.version)).by_now(file)?;
    let number = |sql: &str| -> rusqlite::Result<u64> {
        let count = file.prepare_cached(sql)?.query_row((subscription, now), |row| row.get::<_, i64>(0))?;
        Ok(count.unsigned_abs())
    };
    let in_flight = number("SELECT count(*) FROM held WHERE subscription = ?1 AND until > ?2")?;
    let waiting = log::count_after(file, &routes, position.cursor)?
        + number("SELECT count(*) FROM held WHERE subscription = ?1 AND until <= ?2")?
        + number("SELECT count(*) FROM delayed WHERE subscription = ?1 AND due <= ?2")?;
    let behind = number("SELECT count(*) FROM behind WHERE subscription = ?1 AND ?2 IS NOT NULL")?;
    count.delayed += number("SELECT count(*) FROM delayed WHERE subscription = ?1 AND due > ?2")?;
    count.in_flight += in_flight;
    count.waiting += waiting;
    // Where nothing else is under way, only a backoff can hold them up.
    match waiting + in_flight {
        0 => count.delayed += behind,
        _ => count.waiting += behind,
    }
    let due: Option<i64> = file
        .prepare_cached("SELECT min(due) FROM delayed WHERE subscription = ?1 AND due > ?2")?
        .query_row((subscription, now), |row| row.get(0))?;
    count.due = count.due.into_iter().chain(due).min();
    scheduled(file, &routes, now, count)
}

/// What is due, and not moved yet, waits.
fn scheduled(file: &Connection, routes: &Routes, now: i64, count: &mut Count) -> rusqlite::Result<()> {
    let mut all = file.prepare_cached(
        "SELECT topic, type, address, due <= ?2, count(*) FROM later WHERE topic = ?1 GROUP BY 1, 2, 3, 4",
    )?;
    let mut rows = all.query((routes.hearing.spec.id.topic.as_str(), now))?;
    while let Some(row) = rows.next()? {
        let (topic, event_type, address) = (row.get_ref(0)?, row.get_ref(1)?, row.get_ref(2)?);
        if routes.hearing.hears(topic.as_str()?, event_type.as_str()?, address.as_str()?) {
            let many = row.get::<_, i64>(4)?.unsigned_abs();
            match row.get(3)? {
                true => count.waiting += many,
                false => count.scheduled += many,
            }
        }
    }
    Ok(())
}
