//! What a subscription hears: which of the file's routes are its own. Owns the matching, done once a route and not once
//! an event; must not know cursors or leases.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use soorma_common::Address;

use crate::broker::SubscriptionSpec;

/// What one subscription hears.
#[derive(Clone, Debug)]
pub(super) struct Hearing {
    pub(super) spec: SubscriptionSpec,
    /// The durable names that it had before: replays may still be addressed to them.
    pub(super) former: Vec<String>,
}

impl Hearing {
    /// The rule of [`SubscriptionSpec::takes`], for all events of a route.
    pub(super) fn hears(&self, topic: &str, event_type: &str, address: &str) -> bool {
        self.spec.id.topic.as_str() == topic && self.takes(event_type, address)
    }

    fn takes(&self, event_type: &str, address: &str) -> bool {
        let Ok(to) = address.parse::<Address>() else { return false };
        let addressed = match &to {
            Address::Subscription(name) if self.former.contains(name) => true,
            to => self.spec.is_addressed(to),
        };
        addressed && self.spec.patterns.iter().any(|pattern| pattern.matches(event_type))
    }
}

/// The routes of one subscription, as far as they were known at some moment.
#[derive(Debug)]
pub(super) struct Routes {
    pub(super) hearing: Arc<Hearing>,
    /// Of the subscription; 0 where it is ephemeral.
    pub(super) version: i64,
    /// Sorted.
    pub(super) ids: Vec<i64>,
    /// All up to this one were looked at.
    last: i64,
    pruned: i64,
}

impl Routes {
    pub(super) fn none(hearing: Arc<Hearing>, version: i64) -> Self {
        Self { hearing, version, ids: Vec::new(), last: 0, pruned: -1 }
    }

    /// The routes by now: these, where nothing has changed.
    pub(super) fn by_now(self: Arc<Self>, file: &Connection) -> rusqlite::Result<Arc<Self>> {
        let (last, pruned): (i64, i64) = file
            .prepare_cached("SELECT (SELECT coalesce(max(id), 0) FROM routes), pruned FROM upkeep")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let same = pruned == self.pruned;
        if same && last == self.last {
            return Ok(self);
        }
        let mut ids = if same { self.ids.clone() } else { Vec::new() };
        // The `+` keeps SQLite from the index by topic, where it would read all that are known already.
        let mut new = file.prepare_cached(
            "SELECT id, type, address FROM routes WHERE id > ?1 AND +topic = ?2 ORDER BY id",
        )?;
        let from = if same { self.last } else { 0 };
        let mut rows = new.query((from, self.hearing.spec.id.topic.as_str()))?;
        while let Some(row) = rows.next()? {
            if self.hearing.takes(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?) {
                ids.push(row.get(0)?);
            }
        }
        Ok(Arc::new(Self { hearing: self.hearing.clone(), version: self.version, ids, last, pruned }))
    }
}

/// The routes that a member last knew. Holds what was committed only: an id that is undone is given to another route.
#[derive(Debug)]
pub(super) struct Known(Mutex<Arc<Routes>>);

impl Known {
    pub(super) fn new(routes: Arc<Routes>) -> Self {
        Self(Mutex::new(routes))
    }

    pub(super) fn get(&self) -> Arc<Routes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a reader has found.
    pub(super) fn set(&self, routes: Arc<Routes>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = routes;
    }
}
