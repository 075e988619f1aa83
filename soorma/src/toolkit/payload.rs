//! A payload that has been checked, and why one is not.

use std::sync::Arc;

use serde_json::Value;
use soorma_common::EventDefinition;

use super::{Violations, validate::given};
use crate::store::StoreError;

/// The data of an event that was checked against its definition. Nothing but a check can make one, so whoever holds
/// one can publish it.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidatedPayload {
    definition: Arc<EventDefinition>,
    data: Value,
}

impl ValidatedPayload {
    pub(super) fn new(definition: Arc<EventDefinition>, data: Value) -> Self {
        Self { definition, data }
    }

    /// Which event it is, and on which topic.
    #[must_use]
    pub fn definition(&self) -> &Arc<EventDefinition> {
        &self.definition
    }

    /// The data.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.data
    }
}

/// Why data is not published as an event.
///
/// Its `Display` is meant for whoever wrote it, a language model for example: short, and with nothing of it that could pass
/// for words of ours.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPayload {
    /// There is no such event among those that are offered.
    #[error("no event `{}` is offered{}", .event_name, meant(.nearest.as_deref()))]
    NotOffered {
        /// What was asked for, cut to 80 characters.
        event_name: String,
        /// The one that was meant, if one is near.
        nearest: Option<String>,
    },
    /// The schema of the event holds what this version cannot check.
    #[error("`{event_name}` cannot be checked, so it cannot be published")]
    Unusable {
        /// The event type.
        event_name: String,
        /// What cannot be checked.
        reason: String,
    },
    /// The registry cannot be read.
    #[error("the events cannot be looked up now")]
    Registry(#[from] StoreError),
    /// The data is not what the event takes.
    #[error("`{event_name}`: {violations}")]
    Violations {
        /// The event type.
        event_name: String,
        /// All that is wrong.
        #[source]
        violations: Violations,
    },
}

impl InvalidPayload {
    pub(super) fn not_offered<'a>(given: &str, offered: impl Iterator<Item = &'a str>) -> Self {
        let offered: Vec<&str> = offered.collect();
        // Comparing takes time in proportion to the length; a long name is no slip of the pen.
        let near = (given.len() <= 128).then(|| soorma_common::suggest::nearest(given, &offered)).flatten();
        Self::NotOffered { event_name: given::text(given), nearest: near.map(str::to_owned) }
    }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default()
}
