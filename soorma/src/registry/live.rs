//! The picture of the registry that is kept in this process: read once, and then kept up to date by what the store
//! reports. Owns the task that does so.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::{sync::watch, task::JoinHandle};

use super::{AGENTS, Catalogue, EVENTS, RegisteredAgent, entry::EventEntry, root};
use crate::{
    clock::Clock,
    store::{Change, Entry, Key, Store, StoreError, Watch, Watched},
};

/// How long a store that has gone is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// The picture, and the task that keeps it; dropped with it.
pub(super) struct Live {
    state: Arc<Mutex<State>>,
    changed: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    catalogue: Arc<Catalogue>,
    /// What every key in the store says, so that what is removed can be found.
    agents: BTreeMap<Key, (String, String)>,
    events: BTreeMap<Key, Arc<str>>,
}

/// Tells of every change of the catalogue. Made by [`Registry::watch`](super::Registry::watch).
pub struct CatalogueWatch {
    state: Arc<Mutex<State>>,
    changed: watch::Receiver<u64>,
}

impl Live {
    pub(super) async fn begin(store: Arc<dyn Store>, clock: Clock) -> Result<Self, StoreError> {
        let Watched { entries, changes } = store.watch(&root()).await?;
        let state = Arc::<Mutex<State>>::default();
        lock(&state).replace(entries);
        let (tell, changed) = watch::channel(0);
        let tracker = clock.tracker();
        let keeps = keep(state.clone(), store, clock, changes, tell);
        let task = tokio::spawn(async move { tracker.run(pin!(keeps)).await });
        Ok(Self { state, changed, task })
    }

    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        lock(&self.state).catalogue.clone()
    }

    pub(super) fn watch(&self) -> CatalogueWatch {
        CatalogueWatch { state: self.state.clone(), changed: self.changed.clone() }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl CatalogueWatch {
    /// Waits for the next change, and gives what is registered then: several changes may come as one. Cancel safe.
    ///
    /// `None` where the registry is no longer there.
    pub async fn next(&mut self) -> Option<Arc<Catalogue>> {
        self.changed.changed().await.ok()?;
        Some(lock(&self.state).catalogue.clone())
    }
}

impl std::fmt::Debug for CatalogueWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CatalogueWatch").finish_non_exhaustive()
    }
}

/// Follows the changes; a store that is gone is watched anew.
async fn keep(
    state: Arc<Mutex<State>>,
    store: Arc<dyn Store>,
    clock: Clock,
    mut changes: Box<dyn Watch>,
    tell: watch::Sender<u64>,
) {
    loop {
        match changes.next().await {
            Ok(change) => lock(&state).apply(change),
            Err(error) => {
                tracing::warn!(%error, "the registry is out of reach; what was known of it stays");
                changes = loop {
                    clock.sleep(PAUSE).await;
                    if let Ok(Watched { entries, changes }) = store.watch(&root()).await {
                        lock(&state).replace(entries);
                        break changes;
                    }
                };
            }
        }
        tell.send_modify(|count| *count += 1);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn replace(&mut self, entries: Vec<(Key, Entry)>) {
        *self = Self::default();
        for (key, entry) in entries {
            self.apply(Change { key, entry: Some(entry) });
        }
    }

    fn apply(&mut self, Change { key, entry }: Change) {
        let kind = key.segments().nth(1);
        // Copied where somebody holds the picture that is to change.
        let catalogue = Arc::make_mut(&mut self.catalogue);
        match kind.as_deref() {
            Some(EVENTS) => {
                if let Some(name) = self.events.remove(&key) {
                    catalogue.events.remove(&name);
                }
                let Some(EventEntry { versions }) = read(&key, entry) else { return };
                let Some(name) = versions.first().map(|first| Arc::<str>::from(&*first.event_name)) else {
                    return;
                };
                catalogue.events.insert(name.clone(), versions.into_iter().map(Arc::new).collect());
                self.events.insert(key, name);
            }
            Some(AGENTS) => {
                if let Some(id) = self.agents.remove(&key) {
                    catalogue.agents.remove(&id);
                }
                let Some(agent) = read::<RegisteredAgent>(&key, entry) else { return };
                let id = (agent.name.clone(), agent.instance.clone());
                catalogue.agents.insert(id.clone(), Arc::new(agent));
                self.agents.insert(key, id);
            }
            _ => {}
        }
    }
}

/// What another version wrote, and this one cannot read, is told and passed over.
fn read<T: DeserializeOwned>(key: &Key, entry: Option<Entry>) -> Option<T> {
    serde_json::from_slice(&entry?.value)
        .inspect_err(|error| tracing::warn!(%key, %error, "an entry of the registry cannot be read"))
        .ok()
}
