//! A watcher: a place in the revisions. Owns how it waits; must not know the tables.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::watch;

use super::{rows, text::Below, unavailable};
use crate::{
    BoxFuture,
    race::race,
    sqlite::Database,
    store::{Change, Entry, Key, StoreError, Watch, Watched},
};

/// How much of what has run out is given its trace at once.
const TOGETHER: u32 = 256;

pub(super) struct SqliteWatch {
    file: Arc<Database>,
    below: Arc<Below>,
    told: watch::Receiver<()>,
    /// The last revision that was seen.
    seen: i64,
    changes: VecDeque<(Key, Option<Entry>)>,
}

/// Why a watch cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("this watch was left alone for too long: changes may have been missed")]
struct Missed;

impl SqliteWatch {
    pub(super) async fn begin(file: &Arc<Database>, prefix: &Key) -> Result<Watched, StoreError> {
        let told = file.news();
        let below = Arc::new(Below::of(prefix));
        let (clock, within) = (file.clock().clone(), below.clone());
        let read = file.read(move |file| rows::all(file, &within, clock.now()));
        let (entries, seen) = read.await.map_err(unavailable)?;
        let changes = VecDeque::new();
        Ok(Watched { entries, changes: Box::new(Self { file: file.clone(), below, told, seen, changes }) })
    }

    async fn next(&mut self) -> Result<Change, StoreError> {
        loop {
            if let Some((key, entry)) = self.changes.pop_front() {
                return Ok(Change { key, entry });
            }
            // What is told from here on may not be in what is read.
            self.told.mark_unchanged();
            let (clock, below, seen) = (self.file.clock().clone(), self.below.clone(), self.seen);
            let read = self.file.read(move |file| rows::news(file, &below, seen, clock.now()));
            let news = read.await.map_err(unavailable)?;
            let changes = news.changes.ok_or_else(|| StoreError::Unavailable(Box::new(Missed)))?;
            let nothing = news.seen == self.seen;
            self.seen = news.seen;
            self.changes.extend(changes);
            if !nothing {
                continue;
            }
            match news.next_end {
                Some(end) if end <= news.now => {
                    self.file.write(|change| rows::sweep(change, TOGETHER)).await.map_err(unavailable)?;
                }
                end => self.wait(end).await,
            }
        }
    }

    /// Until there is something new, or something runs out.
    async fn wait(&mut self, end: Option<i64>) {
        let clock = self.file.clock();
        let end = end.map(|end| clock.instant(end));
        // It cannot be closed: the sender is in the file.
        race(clock.clock().look_again(end), self.told.changed()).await;
    }
}

impl Watch for SqliteWatch {
    fn next(&mut self) -> BoxFuture<'_, Result<Change, StoreError>> {
        Box::pin(SqliteWatch::next(self))
    }
}
