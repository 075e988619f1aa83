//! A watcher. Owns how it waits; must not know what makes a change.

use std::sync::Arc;

use tokio::sync::Notify;

use super::Inner;
use crate::{
    BoxFuture,
    race::race,
    store::{Change, Key, StoreError, Watch, Watched},
};

pub(super) struct MemoryWatch {
    store: Arc<Inner>,
    number: u64,
    told: Arc<Notify>,
}

impl MemoryWatch {
    pub(super) fn begin(store: Arc<Inner>, prefix: &Key) -> Watched {
        let (entries, (number, told)) = {
            let mut shelf = store.shelf();
            (shelf.below(prefix), shelf.watch(prefix))
        };
        Watched { entries, changes: Box::new(Self { store, number, told }) }
    }

    async fn next(&self) -> Change {
        loop {
            let told = self.told.notified();
            let end = {
                let mut shelf = self.store.shelf();
                if let Some(change) = shelf.next_change(self.number) {
                    return change;
                }
                shelf.next_end()
            };
            race(self.store.clock.look_again(end), told).await;
        }
    }
}

impl Watch for MemoryWatch {
    fn next(&mut self) -> BoxFuture<'_, Result<Change, StoreError>> {
        Box::pin(async { Ok(MemoryWatch::next(self).await) })
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.store.shelf().unwatch(self.number);
    }
}
