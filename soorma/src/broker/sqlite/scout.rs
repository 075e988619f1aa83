//! The scout: one task a broker handle, which looks at the file for all members that wait, so that each is woken when
//! there is something for it and not otherwise; and sees to what is due by itself.
//!
//! Ends when the handle is closed, or gone with all its members.

use std::{
    future::pending,
    sync::{Arc, Weak},
};

use rusqlite::Connection;
use tokio::sync::watch;

use super::{
    hearing::Routes,
    log,
    seat::{Place, Seat},
    shared::{PAUSE, Shared},
    subscriptions,
};
use crate::{
    race::{First, race},
    sqlite::FileError,
};

/// When something is to be done without being told.
struct Timers {
    /// The first scheduled event is due.
    due: i64,
    /// Retention is to be seen to.
    sweep: i64,
}

pub(super) async fn run(scouted: Weak<Shared>) {
    let mut timers = Timers { due: 0, sweep: 0 };
    // While there is anybody to look for: a handle that only publishes listens to nothing.
    let mut listener: Option<watch::Receiver<()>> = None;
    let mut told = false;
    loop {
        let Some(shared) = scouted.upgrade() else { return };
        if shared.is_closed() {
            return;
        }
        if shared.seats().is_empty() {
            (listener, told) = (None, false);
        } else if listener.is_none() {
            (listener, told) = (Some(shared.database.news()), true);
        }
        let failed = match see_to(&shared, &mut timers, told).await {
            Ok(()) => false,
            Err(error) => {
                tracing::debug!(%error, "what is due is seen to later");
                let later = shared.file_clock().after(PAUSE);
                timers = Timers { due: later, sweep: later };
                true
            }
        };
        let timer = shared.clock().sleep_until(shared.file_clock().instant(first(&shared, &timers)));
        let kick = shared.kick.clone();
        drop(shared);
        let news = async {
            match &mut listener {
                Some(listener) if !failed => listener.changed().await,
                _ => pending().await,
            }
        };
        let heard = matches!(race(news, race(timer, kick.notified())).await, First::Left(_));
        told = heard || (failed && told);
    }
}

async fn see_to(shared: &Arc<Shared>, timers: &mut Timers, told: bool) -> Result<(), FileError> {
    if told {
        timers.due = look(shared).await?;
    }
    let now = shared.file_clock().now();
    for seat in shared.seats().iter() {
        if seat.timer().is_some_and(|at| at <= now) {
            seat.tell();
        }
    }
    if timers.due <= now {
        timers.due = shared.release_due().await?;
    }
    if timers.sweep <= now {
        timers.sweep = shared.sweep().await?;
    }
    Ok(())
}

fn first(shared: &Shared, timers: &Timers) -> i64 {
    let seats = shared.seats();
    let of_seats = seats.iter().filter_map(|seat| seat.timer()).min();
    timers.due.min(timers.sweep).min(of_seats.unwrap_or(i64::MAX))
}

/// What was found for a seat.
struct Seen {
    seat: Arc<Seat>,
    there: bool,
    due: i64,
    routes: Option<Arc<Routes>>,
}

/// Looks for all who wait, and gives when the first scheduled event is due.
async fn look(shared: &Shared) -> Result<i64, FileError> {
    let mut waiting = Vec::new();
    for seat in shared.seats().iter() {
        match seat.waits_at() {
            Some(cursor) => waiting.push((seat.clone(), cursor)),
            // It looks for itself, once it has done with what it has.
            None => seat.tell(),
        }
    }
    let now = shared.file_clock().now();
    let read = shared.database.read(move |file| {
        let due: Option<i64> =
            file.prepare_cached("SELECT min(due) FROM later")?.query_row([], |row| row.get(0))?;
        let seen: Vec<Seen> = waiting
            .into_iter()
            .map(|(seat, cursor)| look_for(file, seat, cursor, now))
            .collect::<rusqlite::Result<_>>()?;
        Ok((due, seen))
    });
    let (due, all) = read.await?;
    for Seen { seat, there, due, routes } in all {
        if let Some(routes) = routes {
            seat.known.set(routes);
        }
        match there {
            true => seat.tell(),
            false => seat.flags().due = due,
        }
    }
    Ok(due.unwrap_or(i64::MAX))
}

fn look_for(file: &Connection, seat: Arc<Seat>, cursor: i64, now: i64) -> rusqlite::Result<Seen> {
    let known = seat.known.get();
    let Place::Durable(subscription) = seat.place else {
        let routes = known.by_now(file)?;
        let there = is_there(file, &routes, cursor)?;
        return Ok(Seen { seat, there, due: i64::MAX, routes: Some(routes) });
    };
    let Some(position) = subscriptions::position(file, subscription)? else {
        return Ok(Seen { seat, there: true, due: i64::MAX, routes: None });
    };
    let routes = subscriptions::routes(file, subscription, position.version, known)?;
    let due: Option<i64> = file
        .prepare_cached("SELECT min(due) FROM delayed WHERE subscription = ?1")?
        .query_row([subscription], |row| row.get(0))?;
    let due = due.unwrap_or(i64::MAX);
    let there = due <= now || is_there(file, &routes, position.cursor)?;
    Ok(Seen { seat, there, due, routes: Some(routes) })
}

fn is_there(file: &Connection, routes: &Routes, cursor: i64) -> rusqlite::Result<bool> {
    let found = log::after(file, routes, cursor, 1)?;
    Ok(found.more || !found.sequences.is_empty())
}
