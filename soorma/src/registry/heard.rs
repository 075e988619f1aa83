//! Which events living agents hear: the answer for one definition without looking at every agent.

use std::collections::HashMap;

use soorma_common::{EventDefinition, EventPattern, EventTopic};

use super::RegisteredAgent;
use crate::sorted::Sorted;

/// What the agents hear, taken together.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Sorted<EventTopic, OnTopic>);

#[derive(Clone, Debug, Default)]
struct OnTopic {
    names: HashMap<String, Vec<Option<u32>>>,
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug, PartialEq)]
struct Pattern {
    /// What comes before the first wildcard: most names differ there.
    start: String,
    pattern: EventPattern,
    version: Option<u32>,
}

impl Heard {
    pub(super) fn by<'a>(agents: impl Iterator<Item = &'a RegisteredAgent>) -> Self {
        let mut heard = Self::default();
        for event in agents.flat_map(RegisteredAgent::hears) {
            let on_topic = heard.0.or_insert_with(event.topic, OnTopic::default);
            if !event.is_pattern() {
                let versions = on_topic.names.entry(event.event_name.clone()).or_default();
                if !versions.contains(&event.version) {
                    versions.push(event.version);
                }
            } else if let Ok(pattern) = event.event_name.parse() {
                let start = event.event_name.split(['*', '>']).next().unwrap_or_default().to_owned();
                // Many agents hear `>`: it is one entry.
                let one = Pattern { start, pattern, version: event.version };
                if !on_topic.patterns.contains(&one) {
                    on_topic.patterns.push(one);
                }
            }
        }
        heard
    }

    pub(super) fn includes(&self, definition: &EventDefinition) -> bool {
        let Some(OnTopic { names, patterns }) = self.0.get(&definition.topic) else { return false };
        let fits =
            |version: &Option<u32>| version.is_none_or(|version| version == definition.payload.version);
        let name = &definition.event_name;
        names.get(name).is_some_and(|versions| versions.iter().any(fits))
            || patterns.iter().any(|Pattern { start, pattern, version }| {
                name.starts_with(start) && fits(version) && pattern.matches(name)
            })
    }
}
