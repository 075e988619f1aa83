//! The picture of what is registered, at one moment: questions to it are answered at once.

use std::{collections::BTreeMap, sync::Arc};

use soorma_common::{EventDefinition, EventTopic, SchemaDefinition};

use super::RegisteredAgent;

/// What is registered, at one moment. Cheap to keep: it is shared, and never changes.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// By event type, and then by version.
    pub(super) events: BTreeMap<Arc<str>, Vec<Arc<EventDefinition>>>,
    /// By name and instance.
    pub(super) agents: BTreeMap<(String, String), Arc<RegisteredAgent>>,
}

impl Catalogue {
    /// Every definition in every version, by event type and version.
    pub fn definitions(&self) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.events.values().flatten()
    }

    /// One definition an event, by event type: of the newest version that an agent consumes now, or else of the newest.
    pub fn events(&self) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.events.values().filter_map(|versions| self.current(versions))
    }

    /// The same for one event.
    #[must_use]
    pub fn event(&self, event_name: &str) -> Option<&Arc<EventDefinition>> {
        self.current(self.events.get(event_name)?)
    }

    /// One version of an event.
    #[must_use]
    pub fn version(&self, event_name: &str, version: u32) -> Option<&Arc<EventDefinition>> {
        self.events.get(event_name)?.iter().find(|definition| definition.payload.version == version)
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
        self.agents.values()
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

    /// What the instances of an agent consume.
    pub fn consumed_by(&self, agent: &str) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.definitions().filter(move |definition| {
            self.agents().any(|instance| instance.name == agent && instance.consumes(definition))
        })
    }

    /// What the instances of an agent may publish.
    pub fn produced_by(&self, agent: &str) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.definitions().filter(move |definition| {
            self.agents().any(|instance| instance.name == agent && instance.produces(definition))
        })
    }

    /// Whether an agent that lives now consumes an event.
    #[must_use]
    pub fn is_actionable(&self, definition: &EventDefinition) -> bool {
        self.consumers(definition).next().is_some()
    }

    fn current<'a>(&self, versions: &'a [Arc<EventDefinition>]) -> Option<&'a Arc<EventDefinition>> {
        let actionable = versions.iter().rev().find(|definition| self.is_actionable(definition));
        actionable.or(versions.last())
    }
}
