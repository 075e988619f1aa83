//! Tool definitions, in the shape of each provider.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use soorma_common::{Effects, EventDefinition};

use super::{describe::describe, parameters, parameters::Parameters, plain::plain, sorted, strict::strict};
use crate::registry::tool_name;

/// Whose tool definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ToolStyle {
    /// OpenAI's chat completions, and whoever took over their form: `{"type": "function", "function": {..}}`.
    OpenAiChat,
    /// OpenAI's responses: `{"type": "function", "name": .., "parameters": ..}`.
    OpenAiResponses,
    /// Anthropic's messages: `{"name": .., "input_schema": ..}`.
    Anthropic,
    /// The Model Context Protocol: `{"name": .., "title": .., "inputSchema": .., "annotations": ..}`.
    Mcp,
}

impl ToolStyle {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::OpenAiChat, Self::OpenAiResponses, Self::Anthropic, Self::Mcp];

    /// The longest description, in characters. OpenAI refuses a request with a longer one; the others name no limit.
    const fn longest_description(self) -> usize {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => 1024,
            Self::Anthropic | Self::Mcp => usize::MAX,
        }
    }
}

/// A tool for each definition, sorted by name, topic and version.
///
/// - The name of a tool is the event's with `_` for `.`, and a hash at its end where it would be longer than 64 characters.
/// - Every provider wants an object as the root of the parameters, without `oneOf` and its like. A payload of another form
///   is in the field `data`; [`arguments`] takes it out again.
/// - For OpenAI a tool is strict if there is a strict schema that takes nothing but what the payload's takes: then a
///   field that may be missing has to be `null`, or gets its default. A map with free keys has none, nor has
///   `serde_json::Value`. For Anthropic no tool is: a request with too many strict ones is refused as a whole.
/// - MCP's hints say what `effects` says. An event that says nothing has none, so that clients take it as destructive.
///   The answer of a request is the `outputSchema`, if it is an object as MCP demands.
#[must_use]
pub fn tools(style: ToolStyle, definitions: &[Arc<EventDefinition>]) -> Vec<Value> {
    sorted(definitions).into_iter().map(|definition| tool(style, definition)).collect()
}

/// The payload that a model meant with the arguments of a tool call; what does not fit is for the validator to refuse.
#[must_use]
pub fn arguments(definition: &EventDefinition, arguments: Value) -> Value {
    Parameters::of(&definition.payload.schema).payload(arguments)
}

fn tool(style: ToolStyle, definition: &EventDefinition) -> Value {
    let name = tool_name(&definition.event_name);
    let description = describe(definition, style.longest_description());
    let parameters = Parameters::of(&definition.payload.schema).schema;
    match style {
        ToolStyle::OpenAiChat => {
            let (parameters, strict) = narrowed(parameters);
            let function =
                json!({"name": name, "description": description, "parameters": parameters, "strict": strict});
            json!({"type": "function", "function": function})
        }
        ToolStyle::OpenAiResponses => {
            let (parameters, strict) = narrowed(parameters);
            json!({"type": "function", "name": name, "description": description, "parameters": parameters, "strict": strict})
        }
        ToolStyle::Anthropic => json!({"name": name, "description": description, "input_schema": parameters}),
        ToolStyle::Mcp => {
            let mut tool = Map::new();
            tool.insert("name".to_owned(), name.into());
            tool.insert("title".to_owned(), definition.event_name.as_str().into());
            tool.insert("description".to_owned(), description.into());
            tool.insert("inputSchema".to_owned(), parameters);
            if let Some(effects) = definition.effects {
                tool.insert("annotations".to_owned(), hints(effects));
            }
            let answer = definition.response.as_ref().map(|response| plain(&response.payload.schema));
            if let Some(answer) = answer.filter(parameters::is_object) {
                tool.insert("outputSchema".to_owned(), answer);
            }
            tool.into()
        }
    }
}

fn narrowed(parameters: Value) -> (Value, bool) {
    match strict(&parameters) {
        Some(strict) => (strict, true),
        None => (parameters, false),
    }
}

fn hints(effects: Effects) -> Value {
    json!({"readOnlyHint": effects == Effects::None, "destructiveHint": effects == Effects::Destructive})
}
