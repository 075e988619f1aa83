//! What each key of the store says: turns its changes into those of the catalogue.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{AGENTS, Catalogue, EVENTS, RegisteredAgent, entry::EventEntry};
use crate::{
    sorted::Sorted,
    store::{Change, Entry, Key, decode},
};

/// By key, so that what is removed can be found.
#[derive(Default)]
pub(super) struct Known {
    events: Sorted<Key, Arc<str>>,
    agents: Sorted<Key, (String, String)>,
}

/// A change, read.
pub(super) enum News {
    Event(Key, Option<EventEntry>),
    Agent(Key, Option<RegisteredAgent>),
}

impl News {
    /// `None` for what lies elsewhere.
    pub(super) fn read(Change { key, entry }: Change) -> Option<Self> {
        match key.segments().nth(1).as_deref() {
            Some(EVENTS) => Some(Self::Event(key.clone(), read(&key, entry))),
            Some(AGENTS) => Some(Self::Agent(key.clone(), read(&key, entry))),
            _ => None,
        }
    }
}

impl Known {
    /// True where the catalogue is another now.
    pub(super) fn note(&mut self, catalogue: &mut Arc<Catalogue>, news: News) -> bool {
        match news {
            News::Event(key, entry) => self.event(catalogue, key, entry.unwrap_or_default().versions),
            News::Agent(key, agent) => self.agent(catalogue, key, agent),
        }
    }

    fn event(
        &mut self,
        catalogue: &mut Arc<Catalogue>,
        key: Key,
        versions: Vec<soorma_common::EventDefinition>,
    ) -> bool {
        let name = versions.first().map(|first| Arc::<str>::from(&*first.event_name));
        let before = match &name {
            Some(name) => self.events.insert(key, name.clone()),
            None => self.events.remove(&key),
        };
        let gone = before.filter(|before| name.as_ref() != Some(before));
        if let Some(gone) = &gone {
            catalogue.remove_event(gone);
        }
        name.is_some_and(|name| catalogue.put_event(&name, versions)) || gone.is_some()
    }

    fn agent(&mut self, catalogue: &mut Arc<Catalogue>, key: Key, agent: Option<RegisteredAgent>) -> bool {
        let id = agent.as_ref().map(|agent| (agent.name.clone(), agent.instance.clone()));
        let before = match &id {
            Some(id) => self.agents.insert(key, id.clone()),
            None => self.agents.remove(&key),
        };
        let gone = before.filter(|before| id.as_ref() != Some(before));
        if let Some(gone) = &gone {
            catalogue.remove_agent(gone);
        }
        let put = id.zip(agent).is_some_and(|(id, agent)| catalogue.put_agent(&id, agent));
        put || gone.is_some()
    }
}

/// What another version wrote, and this one cannot read, is told and passed over.
fn read<T: DeserializeOwned>(key: &Key, entry: Option<Entry>) -> Option<T> {
    decode(&entry?.value)
        .inspect_err(|error| tracing::warn!(%key, %error, "an entry of the registry cannot be read"))
        .ok()
}
