//! One event in the store: all versions of its definition, under the name that a tool would have.

use serde::{Deserialize, Serialize};
use soorma_common::{EventDefinition, id};

/// The record of one event. Its definitions have one name and one topic, and are sorted by version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct EventEntry {
    pub(super) versions: Vec<EventDefinition>,
}

impl EventEntry {
    pub(super) fn version(&self, version: u32) -> Option<&EventDefinition> {
        self.versions.iter().find(|definition| definition.payload.version == version)
    }

    /// Puts one in its place, or in that of the same version.
    pub(super) fn put(&mut self, definition: EventDefinition) {
        let version = |definition: &EventDefinition| definition.payload.version;
        match self.versions.binary_search_by_key(&version(&definition), version) {
            Ok(at) => self.versions[at] = definition,
            Err(at) => self.versions.insert(at, definition),
        }
    }
}

/// The longest name of a tool that every provider takes.
const LONGEST: usize = 64;

/// The name of an event as a tool: letters, digits, `_` and `-`, 64 at the most, which is what all providers take. A
/// longer one keeps its beginning, and ends in a hash.
pub(crate) fn tool_name(event_name: &str) -> String {
    let name = event_name.replace('.', "_");
    if name.len() <= LONGEST {
        return name;
    }
    let hash = id::short(event_name);
    let kept: String = name.chars().take(LONGEST - 1 - hash.len()).collect();
    format!("{kept}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_has_a_name_that_every_provider_takes() {
        assert_eq!(tool_name("order.placed"), "order_placed");
        let (one, two) = (format!("{}.one", "a".repeat(100)), format!("{}.two", "a".repeat(100)));
        for long in [&one, &two] {
            let name = tool_name(long);
            assert_eq!(name.len(), 64, "{name}");
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)), "{name}");
        }
        assert_ne!(tool_name(&one), tool_name(&two));
    }
}
