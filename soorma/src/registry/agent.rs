//! What an agent says of itself: what each of its handlers consumes and produces.

use serde::{Deserialize, Serialize};
use soorma_common::{EventDefinition, EventTopic, Timestamp};

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
        let hears_everyone = |capability: &&Capability| capability.attribute != "on_result";
        self.capabilities
            .iter()
            .filter(hears_everyone)
            .filter_map(|capability| capability.consumes.as_ref())
            .any(|event| event.includes(definition))
    }

    /// Whether a handler of this agent says that it may publish an event of this definition.
    #[must_use]
    pub fn produces(&self, definition: &EventDefinition) -> bool {
        let produced = self.capabilities.iter().flat_map(|capability| &capability.produces);
        produced.into_iter().any(|event| event.includes(definition))
    }
}

impl EventReference {
    /// Whether a definition is meant.
    #[must_use]
    pub fn includes(&self, definition: &EventDefinition) -> bool {
        let version = self.version.is_none_or(|version| version == definition.payload.version);
        // A pattern that no longer follows the grammar was written by another version, and matches nothing here.
        let pattern = self.event_name.parse::<soorma_common::EventPattern>();
        version
            && self.topic == definition.topic
            && pattern.is_ok_and(|pattern| pattern.matches(&definition.event_name))
    }
}
