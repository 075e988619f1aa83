//! Settling, as changes of the file. A delivery is known by subscription, sequence, and how often it was handed out;
//! what is said of it after its lease is said too late.

use std::time::Duration;

use rusqlite::OptionalExtension;

use super::order;
use crate::sqlite::Change;

/// One delivery.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub(super) subscription: i64,
    pub(super) sequence: i64,
    pub(super) delivered: i64,
}

impl Ticket {
    /// Takes it out of its holder's hand; false where it is not held any more.
    pub(super) fn settle(self, change: &Change<'_>) -> rusqlite::Result<bool> {
        let Some(key) = self.let_go(change)? else { return Ok(false) };
        if let Some(key) = key {
            order::release(change, self.subscription, &key)?;
        }
        Ok(true)
    }

    pub(super) fn hand_back(self, change: &Change<'_>, delay: Duration) -> rusqlite::Result<bool> {
        let Some(key) = self.let_go(change)? else { return Ok(false) };
        self.put_back(change, change.after(delay), self.delivered, key)?;
        Ok(true)
    }

    /// It was never given to anybody, and does not count.
    pub(super) fn forget(self, change: &Change<'_>) -> rusqlite::Result<()> {
        let Some(key) = self.let_go(change)? else { return Ok(()) };
        self.put_back(change, change.now, self.delivered - 1, key)
    }

    pub(super) fn extend(self, change: &Change<'_>, lease: Duration) -> rusqlite::Result<bool> {
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

    /// Gives its key, if it has one; `None` where it is not held any more.
    fn let_go(self, change: &Change<'_>) -> rusqlite::Result<Option<Option<String>>> {
        change
            .file
            .prepare_cached(
                "DELETE FROM held WHERE subscription = ?1 AND sequence = ?2 AND delivered = ?3 AND until > ?4
                 RETURNING key",
            )?
            .query_row((self.subscription, self.sequence, self.delivered, change.now), |row| row.get(0))
            .optional()
    }

    fn put_back(
        self,
        change: &Change<'_>,
        due: i64,
        delivered: i64,
        key: Option<String>,
    ) -> rusqlite::Result<()> {
        change.tell();
        change
            .file
            .prepare_cached(
                "INSERT INTO delayed (subscription, due, sequence, delivered, key) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((self.subscription, due, self.sequence, delivered, key))?;
        Ok(())
    }
}
