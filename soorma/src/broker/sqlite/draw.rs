//! Drawing: what a member of a durable subscription takes in hand, in one change of the file.
//!
//! New events come from the log, after the cursor; what comes again comes from `delayed`, and from `held` where a lease
//! has ended. The two take turns, so that neither holds up the other. A draw is not synced by itself: a power cut takes
//! whoever drew along, and what is written by anybody afterwards takes the draw to the disk with it.

use std::sync::Arc;

use rusqlite::CachedStatement;

use super::{
    hearing::Routes,
    log::{self, Reading, Stored},
    order,
    settle::Ticket,
    subscriptions,
};
use crate::sqlite::Change;

/// So many are drawn at once, whatever is asked: others wait for the commit.
pub(super) const MOST: usize = 1_000;

/// So often one draw reads on in the log where it finds nothing for the member: others wait for the turn.
const ROUNDS: usize = 8;

/// What a member asks.
pub(super) struct Request {
    pub(super) subscription: i64,
    pub(super) max: usize,
    /// Milliseconds.
    pub(super) lease: i64,
    pub(super) known: Arc<Routes>,
    /// Whether what comes again is first.
    pub(super) again_first: bool,
    /// No lease ends before that.
    pub(super) first_end: i64,
}

/// What it gets.
pub(super) struct Drawn {
    pub(super) taken: Vec<Taken>,
    /// There may be more now.
    pub(super) more: bool,
    /// When the first backoff is over.
    pub(super) due: i64,
    pub(super) first_end: i64,
    pub(super) missed: i64,
    /// The routes have changed.
    pub(super) stale: bool,
}

/// One event in the hand of a member.
pub(super) struct Taken {
    pub(super) sequence: i64,
    pub(super) delivered: i64,
    pub(super) until: i64,
    /// Under which it holds up others.
    pub(super) key: Option<Arc<str>>,
    pub(super) stored: Stored,
}

impl Taken {
    pub(super) fn ticket(&self, subscription: i64) -> Ticket {
        let Self { sequence, delivered, .. } = *self;
        Ticket { subscription, sequence, delivered, key: self.key.clone() }
    }
}

/// What waits to be handed out again.
struct Again {
    /// When it was due; `None` where its lease has ended.
    due: Option<i64>,
    sequence: i64,
    delivered: i64,
    key: Option<Arc<str>>,
}

/// A draw that goes on.
struct Draw<'a> {
    change: &'a Change<'a>,
    request: &'a Request,
    log: Reading<'a>,
    hold: CachedStatement<'a>,
    until: i64,
    ordered: bool,
    taken: Vec<Taken>,
    missed: i64,
    cursor: i64,
}

/// `None` where the subscription was removed.
pub(super) fn draw(change: &Change<'_>, request: &Request) -> rusqlite::Result<Option<Drawn>> {
    let file = change.file;
    let subscription = request.subscription;
    let Some(position) = subscriptions::position(file, subscription)? else { return Ok(None) };
    let routes = subscriptions::routes(file, subscription, position.version, request.known.clone())?;
    let mut draw = Draw {
        change,
        request,
        log: Reading::of(file)?,
        hold: file.prepare_cached(
            "INSERT INTO held (subscription, sequence, delivered, until, key) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?,
        until: change.now.saturating_add(request.lease),
        ordered: position.ordered,
        taken: Vec::new(),
        missed: 0,
        cursor: position.cursor,
    };
    let (again, mut first_end) = draw.again(position.lease)?;
    let fresh = log::after(file, &routes, position.cursor, request.max)?;
    let mut again = again.into_iter();
    let turns = match request.max {
        1 => usize::from(request.again_first),
        max => max / 2,
    };
    let turns = turns.max(request.max.saturating_sub(fresh.sequences.len()));
    while draw.taken.len() < turns
        && let Some(item) = again.next()
    {
        draw.take_again(item)?;
    }
    let blocked = draw.take_fresh(&routes, fresh)?;
    while draw.taken.len() < request.max
        && let Some(item) = again.next()
    {
        draw.take_again(item)?;
    }
    if again.any(|left| left.due.is_none()) {
        first_end = change.now;
    }
    let Draw { taken, missed, cursor, .. } = draw;
    if cursor != position.cursor || missed != 0 {
        file.prepare_cached("UPDATE durables SET cursor = ?2, missed = missed + ?3 WHERE id = ?1")?
            .execute((subscription, cursor, missed))?;
    }
    let due: Option<i64> = file
        .prepare_cached("SELECT min(due) FROM delayed WHERE subscription = ?1")?
        .query_row([subscription], |row| row.get(0))?;
    Ok(Some(Drawn {
        more: taken.len() >= request.max || blocked == Blocked::No,
        due: due.unwrap_or(i64::MAX),
        taken,
        first_end,
        missed: position.missed + missed,
        stale: !Arc::ptr_eq(&routes, &request.known),
    }))
}

/// Whether the log was read to its end.
#[derive(PartialEq, Eq)]
enum Blocked {
    /// There may be more behind.
    No,
    /// There is no more, or none that may be handed out.
    Yes,
}

impl Draw<'_> {
    /// What is to be handed out again by now, and when the next lease ends at the earliest.
    fn again(&self, lease: i64) -> rusqlite::Result<(Vec<Again>, i64)> {
        let (file, now) = (self.change.file, self.change.now);
        let Request { subscription, max, .. } = *self.request;
        let mut again = Vec::new();
        let mut first_end = self.request.first_end;
        if first_end <= now {
            // Whoever takes something from now on has it for a lease.
            first_end = now.saturating_add(lease.min(self.request.lease));
            let mut held = file
                .prepare_cached("SELECT sequence, delivered, key, until FROM held WHERE subscription = ?1")?;
            let mut rows = held.query([subscription])?;
            while let Some(row) = rows.next()? {
                let until: i64 = row.get(3)?;
                if until > now {
                    first_end = first_end.min(until);
                } else if again.len() < max {
                    let (sequence, delivered, key) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    again.push(Again { due: None, sequence, delivered, key });
                } else {
                    first_end = now;
                }
            }
        }
        let mut delayed = file.prepare_cached(
            "SELECT due, sequence, delivered, key FROM delayed WHERE subscription = ?1 AND due <= ?2
             ORDER BY due, sequence LIMIT ?3",
        )?;
        let mut rows = delayed.query((subscription, now, max as i64))?;
        while let Some(row) = rows.next()? {
            let (due, sequence) = (Some(row.get(0)?), row.get(1)?);
            again.push(Again { due, sequence, delivered: row.get(2)?, key: row.get(3)? });
        }
        Ok((again, first_end))
    }

    fn take_again(&mut self, item: Again) -> rusqlite::Result<()> {
        let file = self.change.file;
        let subscription = self.request.subscription;
        let Again { due, sequence, delivered, key } = item;
        match due {
            Some(due) => file
                .prepare_cached("DELETE FROM delayed WHERE subscription = ?1 AND due = ?2 AND sequence = ?3")?
                .execute((subscription, due, sequence))?,
            None => file
                .prepare_cached("DELETE FROM held WHERE subscription = ?1 AND sequence = ?2")?
                .execute((subscription, sequence))?,
        };
        let Some(stored) = self.log.read(sequence)? else {
            // Its retention is over.
            self.missed += 1;
            return match key {
                Some(key) => order::release(self.change, subscription, &key),
                None => Ok(()),
            };
        };
        self.hold(sequence, delivered + 1, key, stored)
    }

    fn take_fresh(&mut self, routes: &Routes, mut fresh: log::Found) -> rusqlite::Result<Blocked> {
        let (file, max) = (self.change.file, self.request.max);
        let subscription = self.request.subscription;
        let mut room = match self.ordered {
            true => order::room(file, subscription)?,
            false => 0,
        };
        let mut idle = 0;
        loop {
            idle += usize::from(fresh.sequences.is_empty());
            for sequence in std::mem::take(&mut fresh.sequences) {
                if self.taken.len() >= max {
                    return Ok(Blocked::No);
                }
                // It is there: this change has just seen it.
                let Some(stored) = self.log.read(sequence)? else { continue };
                let key = stored.key.as_deref().filter(|_| self.ordered).map(Arc::from);
                match key {
                    Some(key) if order::is_busy(file, subscription, &key)? => {
                        if room == 0 {
                            return Ok(Blocked::Yes);
                        }
                        room -= 1;
                        order::line_up(file, subscription, &key, sequence)?;
                    }
                    key => self.hold(sequence, 1, key, stored)?,
                }
                self.cursor = sequence;
            }
            self.cursor = self.cursor.max(fresh.upto);
            if !fresh.more {
                return Ok(Blocked::Yes);
            }
            // The cursor has moved, and the next draw goes on from there.
            if self.taken.len() >= max || idle == ROUNDS {
                return Ok(Blocked::No);
            }
            fresh = log::after(file, routes, self.cursor, max)?;
        }
    }

    fn hold(
        &mut self,
        sequence: i64,
        delivered: i64,
        key: Option<Arc<str>>,
        stored: Stored,
    ) -> rusqlite::Result<()> {
        let until = self.until;
        self.hold.execute((self.request.subscription, sequence, delivered, until, key.as_deref()))?;
        self.taken.push(Taken { sequence, delivered, until, key, stored });
        Ok(())
    }
}
