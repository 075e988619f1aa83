//! The parameters of a tool: a schema whose root is an object with fields, as every provider demands.

use serde_json::{Value, json};

use super::plain::plain;

/// The field that holds a payload that is no such object.
const FIELD: &str = "data";

/// A schema of arguments.
pub(super) struct Parameters {
    pub(super) schema: Value,
    /// Whether the payload is in the field `data`.
    wrapped: bool,
}

impl Parameters {
    /// Those of a payload.
    pub(super) fn of(payload: &Value) -> Self {
        let mut schema = plain(payload);
        let wrapped = !is_object(&schema);
        if wrapped {
            let definitions = schema.as_object_mut().and_then(|words| words.remove("$defs"));
            schema = json!({"type": "object", "properties": {FIELD: schema}, "required": [FIELD], "additionalProperties": false});
            if let (Some(definitions), Some(words)) = (definitions, schema.as_object_mut()) {
                words.insert("$defs".to_owned(), definitions);
            }
        }
        if let Some(words) = schema.as_object_mut() {
            // OpenAI refuses an object that does not say which fields it has.
            words.entry("properties").or_insert_with(|| json!({}));
        }
        Self { schema, wrapped }
    }

    /// The payload in these arguments. What is not wrapped as it should be comes back as it is, for the validator to refuse.
    pub(super) fn payload(&self, arguments: Value) -> Value {
        match arguments {
            Value::Object(mut fields) if self.wrapped && fields.len() == 1 && fields.contains_key(FIELD) => {
                fields.remove(FIELD).unwrap_or_default()
            }
            other => other,
        }
    }
}

/// Whether a root needs no wrapping: no choice at the top, and names of fields that Anthropic takes there.
pub(super) fn is_object(schema: &Value) -> bool {
    const NOT_AT_THE_TOP: [&str; 10] =
        ["$ref", "anyOf", "oneOf", "allOf", "not", "enum", "const", "if", "then", "else"];
    let fields = schema.get("properties").and_then(Value::as_object);
    schema.get("type").and_then(Value::as_str) == Some("object")
        && !NOT_AT_THE_TOP.iter().any(|word| schema.get(word).is_some())
        && fields.into_iter().flatten().all(|(name, _)| is_plain(name))
}

fn is_plain(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}
