//! Definitions as language models are given them: text for a prompt, JSON, and the tool definitions of the providers.
//!
//! Owns what each provider takes: names, lengths, which part of JSON Schema, and when a tool is strict. Whatever a definition
//! says is data here: it can fill its own place and no other. Knows no registry, and checks no answer.
//!
//! ```
//! use std::sync::Arc;
//!
//! use soorma::{EventDefinition, prelude::*, toolkit::format};
//!
//! /// A customer placed an order.
//! #[derive(EventPayload, Serialize, Deserialize, JsonSchema)]
//! #[event(topic = BusinessFacts, event_type = "order.placed")]
//! struct OrderPlaced { order_id: String }
//!
//! let definitions = [Arc::new(EventDefinition::of::<OrderPlaced>())];
//! let tools = format::tools(format::ToolStyle::Anthropic, &definitions);
//! assert_eq!(tools[0]["name"], "order_placed");
//! assert!(format::prompt(&definitions).contains(r#"description: "A customer placed an order.""#));
//! ```

mod describe;
mod fields;
mod parameters;
mod plain;
mod prompt;
mod references;
mod strict;
#[cfg(test)]
mod tests;
mod text;
mod tool;

use std::sync::Arc;

use serde_json::Value;
use soorma_common::EventDefinition;

pub(super) use self::references::inside;
pub(crate) use self::text::visible;
pub use self::{
    prompt::prompt,
    tool::{ToolStyle, arguments, tools},
};

/// The definitions as they are, as one list, sorted by name, topic and version.
#[must_use]
pub fn json(definitions: &[Arc<EventDefinition>]) -> Value {
    serde_json::json!(sorted(definitions))
}

/// The same order for the same set.
fn sorted(definitions: &[Arc<EventDefinition>]) -> Vec<&EventDefinition> {
    let mut sorted: Vec<_> = definitions.iter().map(Arc::as_ref).collect();
    sorted.sort_by(|one, two| {
        let key = |definition: &EventDefinition| (definition.topic, definition.payload.version);
        one.event_name.cmp(&two.event_name).then_with(|| key(one).cmp(&key(two)))
    });
    sorted
}
