//! The picture of the registry that is kept in this process: read once, and then kept up to date by what the store
//! reports. Owns the task that does so.

use std::{future::ready, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle};

use super::{
    Catalogue,
    known::{Known, News},
    root,
};
use crate::{
    clock::Clock,
    race::{First, race},
    store::{Change, Entry, Key, Store, StoreError, Watch, Watched},
};

/// How long a store that has gone is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// How many changes become one: whoever holds the catalogue costs a copy each time.
const AT_ONCE: usize = 1_000;

/// The picture, and the task that keeps it; dropped with it.
pub(super) struct Live {
    catalogue: watch::Receiver<Arc<Catalogue>>,
    task: JoinHandle<()>,
}

/// Tells of every change of the catalogue. Made by [`Registry::watch`](super::Registry::watch).
pub struct CatalogueWatch(watch::Receiver<Arc<Catalogue>>);

impl Live {
    pub(super) async fn begin(store: Arc<dyn Store>, clock: Clock) -> Result<Self, StoreError> {
        let Watched { entries, changes } = store.watch(&root()).await?;
        let (known, read) = picture(entries);
        let (tell, catalogue) = watch::channel(read);
        let task = tokio::spawn(clock.clone().task(keep(known, store, clock, changes, tell)));
        Ok(Self { catalogue, task })
    }

    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.borrow().clone()
    }

    pub(super) fn watch(&self) -> CatalogueWatch {
        let mut catalogue = self.catalogue.clone();
        // What has changed before is no news.
        catalogue.mark_unchanged();
        CatalogueWatch(catalogue)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl CatalogueWatch {
    /// Waits for the next change, and gives what is registered then: several changes may come as one. That a lease was
    /// renewed is none. Cancel safe.
    ///
    /// `None` where the registry is no longer there.
    pub async fn next(&mut self) -> Option<Arc<Catalogue>> {
        self.0.changed().await.ok()?;
        Some(self.0.borrow_and_update().clone())
    }
}

impl std::fmt::Debug for CatalogueWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CatalogueWatch").finish_non_exhaustive()
    }
}

/// Follows the changes; a store that is gone is watched anew.
async fn keep(
    mut known: Known,
    store: Arc<dyn Store>,
    clock: Clock,
    mut changes: Box<dyn Watch>,
    tell: watch::Sender<Arc<Catalogue>>,
) {
    loop {
        match some(&mut *changes).await {
            Ok(some) => {
                let news: Vec<News> = some.into_iter().filter_map(News::read).collect();
                tell.send_if_modified(|catalogue| {
                    let note = |changed, one| known.note(catalogue, one) || changed;
                    news.into_iter().fold(false, note)
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the registry is out of reach; what was known of it stays");
                changes = loop {
                    clock.sleep(PAUSE).await;
                    if let Ok(Watched { entries, changes }) = store.watch(&root()).await {
                        let (anew, catalogue) = picture(entries);
                        known = anew;
                        tell.send_replace(catalogue);
                        break changes;
                    }
                };
            }
        }
    }
}

/// The next change, and what else has come with it.
async fn some(changes: &mut dyn Watch) -> Result<Vec<Change>, StoreError> {
    let mut some = vec![changes.next().await?];
    // An error comes again with the next call.
    while some.len() < AT_ONCE
        && let First::Left(Ok(next)) = race(changes.next(), ready(())).await
    {
        some.push(next);
    }
    Ok(some)
}

fn picture(entries: Vec<(Key, Entry)>) -> (Known, Arc<Catalogue>) {
    let (mut known, mut catalogue) = (Known::default(), Arc::default());
    for (key, entry) in entries {
        if let Some(news) = News::read(Change { key, entry: Some(entry) }) {
            known.note(&mut catalogue, news);
        }
    }
    (known, catalogue)
}
