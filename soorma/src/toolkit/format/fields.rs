//! The fields of a payload, a line each: what a reader sees before the schema.

use serde_json::Value;

use super::text::{quoted, visible};
use crate::{
    schema::{Document, Form, group, strings},
    toolkit::validate::expected,
};

/// How deep variants inside variants are told.
const DEEPEST: usize = 4;

/// The lines for a schema.
pub(super) fn lines(schema: &Value) -> Vec<String> {
    let mut out = Vec::new();
    node(Document { root: schema }, schema, 0, &mut out);
    out
}

fn node(doc: Document<'_>, node: &Value, depth: usize, out: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let required = strings(node, "required");
    for (name, field) in sorted(node) {
        let needed = if required.contains(&name) { "required" } else { "optional" };
        let words = words(doc, field);
        out.push(format!("{indent}- {}: {words}, {needed}{}", quoted(name), description(field)));
    }
    if let Some(rest @ (Value::Object(_) | Value::Bool(true))) = node.get("additionalProperties") {
        out.push(format!("{indent}- any other key: {}", words(doc, rest)));
    }
    for word in ["oneOf", "anyOf"] {
        if let Some(list) = node.get(word).and_then(Value::as_array) {
            variants(doc, group(doc, list, word == "oneOf").0, depth, out);
        }
    }
    let holds =
        ["properties", "additionalProperties", "oneOf", "anyOf"].iter().any(|word| node.get(word).is_some());
    if out.is_empty() && !(holds || node.get("type") == Some(&"object".into())) {
        out.push(format!("- {}", words(doc, node)));
    }
}

fn variants(
    doc: Document<'_>,
    branches: Vec<crate::schema::Branch<'_>>,
    depth: usize,
    out: &mut Vec<String>,
) {
    let indent = "  ".repeat(depth);
    for branch in branches {
        match branch.form {
            Form::Value(value) => out.push(format!("{indent}- either {}", super::text::json(value))),
            Form::Schema(schema) => {
                out.push(format!("{indent}- either {}{}", words(doc, schema), description(schema)));
                if schema.get("properties").is_some() && depth < DEEPEST {
                    node(doc, schema, depth + 1, out);
                }
            }
        }
    }
}

/// In the order of their names: maps have another one in some builds.
fn sorted(node: &Value) -> Vec<(&str, &Value)> {
    let fields = node.get("properties").and_then(Value::as_object).into_iter().flatten();
    let mut fields: Vec<_> = fields.map(|(name, field)| (name.as_str(), field)).collect();
    fields.sort_by_key(|(name, _)| *name);
    fields
}

fn words(doc: Document<'_>, node: &Value) -> String {
    let mut words = expected(doc, node);
    for (word, text) in [
        ("minimum", "at least"),
        ("exclusiveMinimum", "more than"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "less than"),
    ] {
        if let Some(limit) = node.get(word).filter(|limit| limit.is_number()) {
            words += &format!(" {text} {limit}");
        }
    }
    if let Some(format) = node.get("format").and_then(Value::as_str) {
        words += &format!(" (format {})", quoted(format));
    }
    if let Some(items) = node.get("items").filter(|items| items.is_object()) {
        words += &format!(" of {}", self::words(doc, items));
    }
    visible(&words)
}

fn description(node: &Value) -> String {
    let text = node.get("description").and_then(Value::as_str);
    text.map(|text| format!("; {}", quoted(text))).unwrap_or_default()
}
