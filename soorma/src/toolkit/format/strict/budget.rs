//! How large a schema strict mode takes. OpenAI names these numbers for structured outputs and function calling.

use serde_json::Value;

const FIELDS: usize = 5_000;
const LEVELS: usize = 10;
const VALUES: usize = 1_000;
/// Characters of all names and values.
const TEXT: usize = 120_000;
/// A list of more values than this may have so many characters only.
const LONG_LIST: usize = 250;
const LONG_LIST_TEXT: usize = 15_000;

#[derive(Default)]
struct Used {
    fields: usize,
    values: usize,
    text: usize,
    /// A list or a level that is too much alone.
    beyond: bool,
}

/// Whether a strict schema is within all limits.
pub(super) fn kept(strict: &Value) -> bool {
    let mut used = Used::default();
    count(strict, 1, &mut used);
    for (name, schema) in strict.get("$defs").and_then(Value::as_object).into_iter().flatten() {
        used.text += name.chars().count();
        count(schema, 1, &mut used);
    }
    !used.beyond && used.fields <= FIELDS && used.values <= VALUES && used.text <= TEXT
}

fn count(node: &Value, level: usize, used: &mut Used) {
    used.beyond |= level > LEVELS;
    for (name, field) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        used.fields += 1;
        used.text += name.chars().count();
        count(field, level + 1, used);
    }
    if let Some(items) = node.get("items") {
        count(items, level + 1, used);
    }
    for branch in node.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        count(branch, level, used);
    }
    if let Some(values) = node.get("enum").and_then(Value::as_array) {
        let text: usize = values.iter().filter_map(Value::as_str).map(|value| value.chars().count()).sum();
        used.values += values.len();
        used.text += text;
        used.beyond |= values.len() > LONG_LIST && text > LONG_LIST_TEXT;
    }
}
