//! The picture of what is registered, at one moment: questions to it are answered at once.

use std::sync::{Arc, OnceLock};

use soorma_common::{EventDefinition, EventTopic, SchemaDefinition};

use super::{EventReference, RegisteredAgent, heard::Heard};
use crate::sorted::Sorted;
#[cfg(feature = "toolkit")]
use crate::toolkit::Index;

/// What is registered, at one moment. Cheap to keep: it is shared, and never changes.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    // Apart, because agents come and go while thousands of definitions stay.
    events: Arc<Events>,
    agents: Arc<Agents>,
}

#[derive(Clone, Debug, Default)]
struct Events {
    /// By event type, and then by version.
    known: Sorted<Arc<str>, Vec<Arc<EventDefinition>>>,
    /// Made when it is asked for first.
    #[cfg(feature = "toolkit")]
    index: OnceLock<Index>,
}

/// By name and instance.
#[derive(Clone, Debug, Default)]
struct Agents {
    living: Sorted<(String, String), Arc<RegisteredAgent>>,
    /// Made when it is asked for first.
    heard: OnceLock<Heard>,
}

impl Catalogue {
    /// Every definition in every version, by event type and version.
    pub fn definitions(&self) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.events.known.values().flatten()
    }

    /// One definition an event, by event type: of the newest version that an agent consumes now, or else of the newest.
    pub fn events(&self) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.events.known.values().filter_map(|versions| self.current(versions))
    }

    /// The same for one event.
    #[must_use]
    pub fn event(&self, event_name: &str) -> Option<&Arc<EventDefinition>> {
        self.current(self.events.known.get(event_name)?)
    }

    /// One version of an event.
    #[must_use]
    pub fn version(&self, event_name: &str, version: u32) -> Option<&Arc<EventDefinition>> {
        self.events.known.get(event_name)?.iter().find(|definition| definition.payload.version == version)
    }

    /// The events of one topic.
    pub fn on_topic(&self, topic: EventTopic) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.events().filter(move |definition| definition.topic == topic)
    }

    /// The schemas of this name and version: the names of Rust types need not be unique.
    pub fn schemas(&self, name: &str, version: u32) -> impl Iterator<Item = &SchemaDefinition> {
        let payloads = self.definitions().map(|definition| &definition.payload);
        payloads.filter(move |schema| schema.version == version && schema.name == name)
    }

    /// The agents that live, an entry an instance, by name.
    pub fn agents(&self) -> impl Iterator<Item = &Arc<RegisteredAgent>> {
        self.agents.living.values()
    }

    /// The instances that live and consume an event.
    pub fn consumers<'a>(
        &'a self,
        definition: &'a EventDefinition,
    ) -> impl Iterator<Item = &'a Arc<RegisteredAgent>> {
        self.agents().filter(move |agent| agent.consumes(definition))
    }

    /// The instances that live and say that they may publish an event.
    pub fn producers<'a>(
        &'a self,
        definition: &'a EventDefinition,
    ) -> impl Iterator<Item = &'a Arc<RegisteredAgent>> {
        self.agents().filter(move |agent| agent.produces(definition))
    }

    /// What the instances of an agent consume, by event type and version.
    pub fn consumed_by(&self, agent: &str) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.meant_by(self.instances(agent).flat_map(RegisteredAgent::hears))
    }

    /// What the instances of an agent may publish, by event type and version.
    pub fn produced_by(&self, agent: &str) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.meant_by(self.instances(agent).flat_map(RegisteredAgent::publishes))
    }

    /// Whether an agent that lives now consumes an event.
    #[must_use]
    pub fn is_actionable(&self, definition: &EventDefinition) -> bool {
        let Agents { living, heard } = &*self.agents;
        heard.get_or_init(|| Heard::by(living.values().map(|agent| &**agent))).includes(definition)
    }

    /// The events that have a word of the text, at most `k`, the best first: see [`Index`]. The first call after a change of the
    /// events reads all of them.
    #[cfg(feature = "toolkit")]
    #[must_use]
    pub fn search(&self, text: &str, k: usize) -> Vec<Arc<EventDefinition>> {
        let Events { known, index } = &*self.events;
        let newest = || known.values().filter_map(|versions| versions.last()).cloned();
        let found = index.get_or_init(|| Index::new(newest())).search(text, k);
        found.iter().filter_map(|definition| self.event(&definition.event_name)).cloned().collect()
    }

    fn current<'a>(&self, versions: &'a [Arc<EventDefinition>]) -> Option<&'a Arc<EventDefinition>> {
        if let [only] = versions {
            return Some(only);
        }
        let actionable = versions.iter().rev().find(|definition| self.is_actionable(definition));
        actionable.or(versions.last())
    }

    fn instances(&self, agent: &str) -> impl Iterator<Item = &RegisteredAgent> {
        self.agents().filter(move |instance| instance.name == agent).map(|instance| &**instance)
    }

    /// The definitions that are meant, each once: names are looked up, and only patterns are held against all.
    fn meant_by<'a>(
        &'a self,
        references: impl Iterator<Item = &'a EventReference>,
    ) -> impl Iterator<Item = &'a Arc<EventDefinition>> {
        let mut distinct = Sorted::default();
        for reference in references {
            distinct.add(reference);
        }
        let mut meant = Sorted::default();
        for reference in distinct.into_keys() {
            let candidates: Box<dyn Iterator<Item = _>> = match self.events.known.get(&*reference.event_name)
            {
                Some(versions) => Box::new(versions.iter()),
                None if reference.is_pattern() => Box::new(self.definitions()),
                None => continue,
            };
            for definition in candidates.filter(|definition| reference.includes(definition)) {
                meant.insert((&*definition.event_name, definition.payload.version), definition);
            }
        }
        meant.into_values()
    }

    /// Puts all versions of an event in its place; false where they were there.
    pub(super) fn put_event(self: &mut Arc<Self>, name: &Arc<str>, versions: Vec<EventDefinition>) -> bool {
        if self.events.known.get(name).is_some_and(|known| known.iter().map(|known| &**known).eq(&versions)) {
            return false;
        }
        self.events_mut().insert(name.clone(), versions.into_iter().map(Arc::new).collect());
        true
    }

    pub(super) fn remove_event(self: &mut Arc<Self>, name: &str) {
        self.events_mut().remove(name);
    }

    /// Puts an instance in its place; false where it was there: its lease was renewed.
    pub(super) fn put_agent(self: &mut Arc<Self>, id: &(String, String), agent: RegisteredAgent) -> bool {
        if self.agents.living.get(id).is_some_and(|known| **known == agent) {
            return false;
        }
        self.agents_mut().insert(id.clone(), Arc::new(agent));
        true
    }

    pub(super) fn remove_agent(self: &mut Arc<Self>, id: &(String, String)) {
        self.agents_mut().remove(id);
    }

    /// Copied where somebody holds the picture that is to change; the definitions themselves are shared.
    fn events_mut(self: &mut Arc<Self>) -> &mut Sorted<Arc<str>, Vec<Arc<EventDefinition>>> {
        let events = Arc::make_mut(&mut Arc::make_mut(self).events);
        #[cfg(feature = "toolkit")]
        {
            events.index = OnceLock::new();
        }
        &mut events.known
    }

    fn agents_mut(self: &mut Arc<Self>) -> &mut Sorted<(String, String), Arc<RegisteredAgent>> {
        let agents = Arc::make_mut(&mut Arc::make_mut(self).agents);
        agents.heard = OnceLock::new();
        &mut agents.living
    }
}
