//! Which `(topic, source, id)` were published lately: the memory of the whole file, in each process that publishes.
//!
//! The file has a line of them in the order of their storing, which is cheap to write; an index by hash would make each
//! commit write as many pages as it holds events. A process reads at its turn what others have added since.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use soorma_common::{EventEnvelope, id};

use super::log;
use crate::sqlite::Change;

/// What stands for `(topic, source, id)`.
pub(super) type Identity = [u8; 16];

pub(super) fn identity(event: &EventEnvelope) -> Identity {
    let parts = ["recent", event.topic.as_str(), &event.source, &event.id];
    id::derived(&parts.map(str::as_bytes)).into_bytes()
}

struct One {
    sequence: i64,
    at: i64,
    identity: Identity,
}

/// What one process knows.
pub(super) struct Recent {
    window: i64,
    by_identity: HashMap<Identity, i64>,
    line: VecDeque<One>,
    /// Read up to here.
    last: i64,
    /// What is up to here is committed.
    safe: i64,
    commits: u64,
    undone: u64,
}

impl Recent {
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window: i64::try_from(window.as_millis()).unwrap_or(i64::MAX / 2),
            by_identity: HashMap::new(),
            line: VecDeque::new(),
            last: 0,
            safe: 0,
            commits: 0,
            undone: 0,
        }
    }

    /// Reads what was added, and forgets what is too old. Before the first look of a change.
    pub(super) fn catch_up(&mut self, change: &Change<'_>) -> rusqlite::Result<()> {
        // What the same commit has added since, was added through this.
        if (change.commits, change.undone) == (self.commits, self.undone) {
            return Ok(());
        }
        if change.undone != self.undone {
            self.undone = change.undone;
            self.forget_after(self.safe);
        }
        if change.commits != self.commits {
            self.commits = change.commits;
            self.safe = self.last;
        }
        let mut added = change.file.prepare_cached(
            "SELECT sequence, at, identity FROM recent WHERE sequence > ?1 ORDER BY sequence",
        )?;
        let mut rows = added.query([self.last])?;
        while let Some(row) = rows.next()? {
            self.remember(row.get(0)?, row.get(1)?, row.get(2)?);
        }
        while let Some(first) = self.line.pop_front_if(|first| first.at <= change.now - self.window) {
            self.forget(&first);
        }
        Ok(())
    }

    /// The sequence under which it was stored, if it was.
    pub(super) fn find(&self, identity: &Identity) -> Option<i64> {
        self.by_identity.get(identity).copied()
    }

    /// Gives the sequence under which it is stored now.
    pub(super) fn add(&mut self, change: &Change<'_>, identity: Identity) -> rusqlite::Result<i64> {
        let sequence = log::next(change, Some(&identity))?;
        self.remember(sequence, change.now, Some(identity));
        Ok(sequence)
    }

    /// There is no identity where an event came into the log otherwise than by publishing.
    fn remember(&mut self, sequence: i64, at: i64, identity: Option<Identity>) {
        self.last = sequence;
        if let Some(identity) = identity {
            self.by_identity.insert(identity, sequence);
            self.line.push_back(One { sequence, at, identity });
        }
    }

    fn forget(&mut self, one: &One) {
        if self.by_identity.get(&one.identity) == Some(&one.sequence) {
            self.by_identity.remove(&one.identity);
        }
    }

    fn forget_after(&mut self, sequence: i64) {
        while let Some(one) = self.line.pop_back_if(|one| one.sequence > sequence) {
            self.forget(&one);
        }
        self.last = self.last.min(sequence);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::sqlite::{Database, scratch::Scratch};

    fn id(n: u8) -> Identity {
        [n; 16]
    }

    /// What a process finds of those that were added, in one change after another.
    async fn found(database: &Database, recent: &Arc<Mutex<Recent>>) -> Vec<Option<i64>> {
        let recent = recent.clone();
        let look = database.write(move |change| {
            let mut recent = recent.lock().unwrap();
            recent.catch_up(change)?;
            Ok((1..=4).map(|n| recent.find(&id(n))).collect())
        });
        look.await.unwrap()
    }

    async fn add(database: &Database, recent: &Arc<Mutex<Recent>>, n: u8, fails: bool) -> bool {
        let recent = recent.clone();
        let add = database.write(move |change| {
            let mut recent = recent.lock().unwrap();
            recent.catch_up(change)?;
            recent.add(change, id(n))?;
            if fails { Err(rusqlite::Error::InvalidQuery) } else { Ok(()) }
        });
        add.await.is_ok()
    }

    #[tokio::test]
    async fn what_was_undone_is_forgotten_and_what_others_add_is_learnt() {
        let place = Scratch::new();
        let database = place.open().await;
        let recent = || Arc::new(Mutex::new(Recent::new(Duration::from_secs(60))));
        let (one, other) = (recent(), recent());
        assert!(add(&database, &one, 1, false).await);
        // Of three in one commit, the one in the middle fails.
        let (second, failed, third) = tokio::join!(
            add(&database, &one, 2, false),
            add(&database, &one, 3, true),
            add(&database, &one, 4, false),
        );
        assert_eq!((second, failed, third), (true, false, true));
        for who in [&one, &other] {
            assert_eq!(found(&database, who).await, [Some(1), Some(2), None, Some(3)]);
        }
        assert!(add(&database, &other, 3, false).await);
        assert_eq!(found(&database, &one).await[2], Some(4));
    }
}
