//! Definitions that the registry does not take.

use std::fmt;

use crate::store::StoreError;

/// Definitions were not registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// They contradict what is registered. Says every reason at once.
    #[error("{}", lines(.0))]
    Refused(Vec<Refusal>),
    /// The store failed.
    #[error("the registry is out of reach")]
    Store(#[from] StoreError),
}

/// Why one definition is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Its schema breaks somebody, under a version that is registered.
    Breaks {
        /// The event type.
        event_name: String,
        /// The version.
        version: u32,
        /// What is different, a line each.
        differences: Vec<String>,
    },
    /// The event is registered on another topic.
    Topic {
        /// The event type.
        event_name: String,
        /// Where it is registered.
        registered: soorma_common::EventTopic,
        /// Where it would be.
        given: soorma_common::EventTopic,
    },
    /// Another event would be the same tool for a language model.
    ToolName {
        /// The event type.
        event_name: String,
        /// The one that is registered.
        registered: String,
        /// The name that both have.
        tool_name: String,
    },
    /// The store will not keep its record, or cannot give back what is there.
    NotKept {
        /// The event type.
        event_name: String,
        /// What the store says.
        reason: String,
    },
}

impl Refusal {
    /// The event type of the definition that is refused.
    #[must_use]
    pub fn event_name(&self) -> &str {
        match self {
            Self::Breaks { event_name, .. }
            | Self::Topic { event_name, .. }
            | Self::ToolName { event_name, .. }
            | Self::NotKept { event_name, .. } => event_name,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Breaks { event_name, version, differences } => {
                writeln!(
                    f,
                    "`{event_name}` is registered as version {version} with another schema, and this change breaks \
                     agents that run:"
                )?;
                for difference in differences {
                    writeln!(f, "  {difference}")?;
                }
                let next = version.saturating_add(1);
                write!(f, "  say `#[event(.., version = {next})]`, and it stands beside the old one")
            }
            Self::Topic { event_name, registered, given } => write!(
                f,
                "`{event_name}` is registered on {registered}, and would be on {given} here: an event has one topic; \
                 give one of them another event type"
            ),
            Self::ToolName { event_name, registered, tool_name } => write!(
                f,
                "`{event_name}` would be the tool `{tool_name}` for a language model, as `{registered}` is already; \
                 give one of them another event type"
            ),
            Self::NotKept { event_name, reason } => {
                write!(f, "`{event_name}` cannot be registered: {reason}")
            }
        }
    }
}

fn lines(refusals: &[Refusal]) -> String {
    refusals.iter().map(Refusal::to_string).collect::<Vec<_>>().join("\n")
}
