//! Settling, as changes of the file. A delivery is known by subscription, sequence, and how often it was handed out;
//! what is said of it after its lease is said too late.

use std::{sync::Arc, time::Duration};

use super::order;
use crate::sqlite::Change;

/// One delivery.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) subscription: i64,
    pub(super) sequence: i64,
    pub(super) delivered: i64,
    /// Under which it holds up others.
    pub(super) key: Option<Arc<str>>,
}

impl Ticket {
    /// Takes it out of its holder's hand; false where it is not held any more.
    pub(super) fn settle(&self, change: &Change<'_>) -> rusqlite::Result<bool> {
        let held = self.let_go(change)?;
        if held && let Some(key) = &self.key {
            order::release(change, self.subscription, key)?;
        }
        Ok(held)
    }

    pub(super) fn hand_back(&self, change: &Change<'_>, delay: Duration) -> rusqlite::Result<bool> {
        let held = self.let_go(change)?;
        if held {
            self.put_back(change, change.after(delay), self.delivered)?;
        }
        Ok(held)
    }

    /// It was never given to anybody, and does not count.
    pub(super) fn forget(&self, change: &Change<'_>) -> rusqlite::Result<()> {
        match self.let_go(change)? {
            true => self.put_back(change, change.now, self.delivered - 1),
            false => Ok(()),
        }
    }

    pub(super) fn extend(&self, change: &Change<'_>, lease: Duration) -> rusqlite::Result<bool> {
        let until = change.after(lease);
        let extended = change
            .file
            .prepare_cached(
                "UPDATE held SET until = ?5
                 WHERE subscription = ?1 AND sequence = ?2 AND delivered = ?3 AND until > ?4",
            )?
            .execute((self.subscription, self.sequence, self.delivered, change.now, until))?;
        Ok(extended > 0)
    }

    /// False where it is not held any more.
    fn let_go(&self, change: &Change<'_>) -> rusqlite::Result<bool> {
        let gone = change
            .file
            .prepare_cached(
                "DELETE FROM held WHERE subscription = ?1 AND sequence = ?2 AND delivered = ?3 AND until > ?4",
            )?
            .execute((self.subscription, self.sequence, self.delivered, change.now))?;
        Ok(gone > 0)
    }

    fn put_back(&self, change: &Change<'_>, due: i64, delivered: i64) -> rusqlite::Result<()> {
        change.tell();
        change
            .file
            .prepare_cached(
                "INSERT INTO delayed (subscription, due, sequence, delivered, key) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((self.subscription, due, self.sequence, delivered, self.key.as_deref()))?;
        Ok(())
    }
}
