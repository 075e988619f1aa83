//! What an agent says of itself: what each of its handlers consumes and produces.

use serde::{Deserialize, Serialize};
use soorma_common::{EventDefinition, EventPattern, EventTopic, Timestamp};

/// One instance of an agent that lives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegisteredAgent {
    /// Its name, which is also that of its consumer group.
    pub name: String,
    /// Tells apart the instances of one agent.
    pub instance: String,
    /// When it started.
    pub since: Timestamp,
    /// One for each handler and hook.
    pub capabilities: Vec<Capability>,
}

/// What one handler or hook does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// The path of the function.
    pub handler: String,
    /// `on_event`, `on_task`, `on_result`, `on_startup` or `on_shutdown`.
    pub attribute: String,
    /// Its doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What it hears; the event type may be a pattern. `None` for a hook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumes: Option<EventReference>,
    /// What it may publish.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub produces: Vec<EventReference>,
}

/// An event by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventReference {
    /// The topic.
    pub topic: EventTopic,
    /// The event type, or a pattern.
    pub event_name: String,
    /// The version of its schema; `None` where any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

impl RegisteredAgent {
    /// Whether an event of this definition, published now, is heard by a handler of this agent.
    ///
    /// `#[on_result]` hears only answers to its own agent, so it does not count.
    #[must_use]
    pub fn consumes(&self, definition: &EventDefinition) -> bool {
        self.hears().any(|event| event.includes(definition))
    }

    /// The same for an event whose definition is not known, in whichever version.
    pub(super) fn hears_event(&self, topic: EventTopic, event_name: &str) -> bool {
        self.hears().any(|event| event.names(topic, event_name))
    }

    /// Whether a handler of this agent says that it may publish an event of this definition.
    #[must_use]
    pub fn produces(&self, definition: &EventDefinition) -> bool {
        self.publishes().any(|event| event.includes(definition))
    }

    /// What its handlers hear, whoever it is meant for.
    pub(super) fn hears(&self) -> impl Iterator<Item = &EventReference> {
        let hears_everyone = |capability: &&Capability| capability.attribute != "on_result";
        self.capabilities.iter().filter(hears_everyone).filter_map(|capability| capability.consumes.as_ref())
    }

    pub(super) fn publishes(&self) -> impl Iterator<Item = &EventReference> {
        self.capabilities.iter().flat_map(|capability| &capability.produces)
    }
}

impl EventReference {
    /// Whether a definition is meant.
    #[must_use]
    pub fn includes(&self, definition: &EventDefinition) -> bool {
        // What is cheap first: a catalogue asks this for every definition.
        self.version.is_none_or(|version| version == definition.payload.version)
            && self.names(definition.topic, &definition.event_name)
    }

    pub(super) fn is_pattern(&self) -> bool {
        soorma_common::grammar::is_wildcard(&self.event_name)
    }

    fn names(&self, topic: EventTopic, event_name: &str) -> bool {
        self.topic == topic
            && (self.event_name == event_name || self.is_pattern() && self.matches(event_name))
    }

    /// A pattern that no longer follows the grammar was written by another version, and matches nothing here.
    fn matches(&self, event_name: &str) -> bool {
        self.event_name.parse::<EventPattern>().is_ok_and(|pattern| pattern.matches(event_name))
    }
}
