//! A schema as OpenAI's strict mode takes it: every field required, no others, and only the words that it knows.
//!
//! Invariant: what the strict schema takes, the schema takes too. What cannot be said in this way has no strict schema.

mod apart;
mod budget;

use serde_json::{Map, Value, json};

use self::apart::apart;
use crate::schema::Types;

/// Words that say what is valid, and that strict mode knows for numbers, texts and lists.
const LIMITS: [&str; 8] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "pattern",
    "minItems",
    "maxItems",
];

/// The formats that strict mode knows.
const FORMATS: [&str; 9] =
    ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

/// Words that only describe, and may be left out.
const DESCRIBES: [&str; 9] = [
    "title",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
];

/// The strict form of parameters, which are an object at the root and hold their references.
pub(super) fn strict(parameters: &Value) -> Option<Value> {
    let mut narrow = node(parameters)?;
    if let Some(definitions) = parameters.get("$defs").and_then(Value::as_object) {
        let definitions: Option<Map<_, _>> =
            definitions.iter().map(|(name, schema)| Some((name.clone(), node(schema)?))).collect();
        narrow["$defs"] = definitions?.into();
    }
    budget::kept(&narrow).then_some(narrow)
}

fn node(schema: &Value) -> Option<Value> {
    let words = schema.as_object()?;
    let mut narrow = if words.contains_key("$ref") {
        // Strict mode takes no description beside a reference, but one beside a choice of one.
        let reference = json!({"$ref": only(words, &["$ref"])?["$ref"]});
        if words.contains_key("description") { json!({"anyOf": [reference]}) } else { reference }
    } else if words.contains_key("anyOf") || words.contains_key("oneOf") {
        choice(only(words, &["anyOf", "oneOf"])?)?
    } else if words.contains_key("enum") || words.contains_key("const") {
        values(only(words, &["type", "enum", "const"])?)?
    } else {
        typed(words)?
    };
    if let Some(description) = words.get("description").filter(|description| description.is_string()) {
        narrow["description"] = description.clone();
    }
    Some(narrow)
}

/// The words, if there are no others but those that describe.
fn only<'a>(words: &'a Map<String, Value>, known: &[&str]) -> Option<&'a Map<String, Value>> {
    let describes = |word: &str| DESCRIBES.contains(&word) || word == "description" || word == "$defs";
    words.keys().all(|word| known.contains(&word.as_str()) || describes(word)).then_some(words)
}

fn choice(words: &Map<String, Value>) -> Option<Value> {
    let (list, one_of) = match (words.get("anyOf"), words.get("oneOf")) {
        (Some(any), None) => (any.as_array()?, false),
        (None, Some(one)) => (one.as_array()?, true),
        _ => return None,
    };
    let narrow: Vec<_> = list.iter().map(node).collect::<Option<_>>()?;
    let pairs = || (0..list.len()).flat_map(|one| (0..list.len()).map(move |two| (one, two)));
    let others = || pairs().filter(|(one, two)| one != two);
    // `anyOf` takes what fits two of them.
    if one_of && !others().all(|(one, two)| apart(&narrow[one], &list[two])) {
        return None;
    }
    if others().any(|(one, two)| same_start(&narrow[one], &narrow[two])) {
        return None;
    }
    Some(json!({"anyOf": narrow}))
}

/// Whether two objects begin with the same field, without its telling them apart: strict mode reads in order, and refuses
/// such a choice.
fn same_start(one: &Value, two: &Value) -> bool {
    let first = |node: &Value| {
        let (name, field) = node.get("properties")?.as_object()?.iter().next()?;
        Some((name.clone(), field.clone()))
    };
    let (Some((one, a)), Some((two, b))) = (first(one), first(two)) else { return false };
    one == two && !(a.get("enum").is_some() && b.get("enum").is_some() && apart(&a, &b))
}

/// `enum` with the type of its values; `const` as one of them.
fn values(words: &Map<String, Value>) -> Option<Value> {
    let single = words.get("const").map(std::slice::from_ref);
    let listed = words.get("enum").and_then(Value::as_array).map(Vec::as_slice);
    let (Some(values), true) = (single.or(listed), single.is_none() || listed.is_none()) else { return None };
    let types = words.contains_key("type").then(|| Types::of_schema(&Value::Object(words.clone())));
    let taken: Vec<_> = values.iter().filter(|value| types.is_none_or(|types| types.takes(value))).collect();
    let mut names: Vec<_> = taken.iter().map(|value| type_of(value)).collect::<Option<_>>()?;
    names.sort_unstable_by_key(|name| *name == "null");
    names.dedup();
    let named = match names.as_slice() {
        [one] => json!(one),
        [one, "null"] => json!([one, "null"]),
        _ => return None,
    };
    Some(json!({"type": named, "enum": taken}))
}

fn type_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) | Value::Object(_) => return None,
    })
}

fn typed(words: &Map<String, Value>) -> Option<Value> {
    let (name, nullable) = match words.get("type")? {
        Value::String(name) => (name.as_str(), false),
        Value::Array(names) => match names.as_slice() {
            [Value::String(name)] => (name.as_str(), false),
            [Value::String(name), Value::String(null)] if null == "null" => (name.as_str(), true),
            [Value::String(null), Value::String(name)] if null == "null" => (name.as_str(), true),
            _ => return None,
        },
        _ => return None,
    };
    let mut narrow = match name {
        "object" => object(words)?,
        "array" => {
            let mut narrow = limited(words, &["items"])?;
            narrow.insert("items".to_owned(), node(words.get("items")?)?);
            narrow
        }
        "string" | "number" | "integer" | "boolean" | "null" => limited(words, &[])?,
        _ => return None,
    };
    narrow.insert("type".to_owned(), name.into());
    Some(match (nullable, name) {
        (false, _) => narrow.into(),
        (true, "object" | "array") => json!({"anyOf": [narrow, {"type": "null"}]}),
        (true, _) => {
            narrow.insert("type".to_owned(), json!([name, "null"]));
            narrow.into()
        }
    })
}

/// The words of a number, a text or a list that strict mode knows.
fn limited(words: &Map<String, Value>, others: &[&str]) -> Option<Map<String, Value>> {
    // Their absence is what they say.
    let says = |word: &str, value: &Value| match word {
        "uniqueItems" => value != &Value::Bool(false),
        "minLength" => value != &Value::from(0),
        _ => true,
    };
    let words: Map<_, _> = words
        .iter()
        .filter(|(word, value)| says(word, value))
        .map(|(word, value)| (word.clone(), value.clone()))
        .collect();
    let known: Vec<_> = LIMITS.iter().chain(&["type", "format"]).chain(others).copied().collect();
    only(&words, &known)?;
    // Groups with a question mark may look around, which strict mode does not.
    if words.get("pattern").and_then(Value::as_str).is_some_and(|pattern| pattern.contains("(?")) {
        return None;
    }
    let mut narrow = words;
    let known = |value: &Value| value.as_str().is_some_and(|format| FORMATS.contains(&format));
    narrow.retain(|word, value| LIMITS.contains(&word.as_str()) || word == "format" && known(value));
    Some(narrow)
}

fn object(words: &Map<String, Value>) -> Option<Map<String, Value>> {
    only(words, &["type", "properties", "required", "additionalProperties", "unevaluatedProperties"])?;
    let closed = ["additionalProperties", "unevaluatedProperties"]
        .iter()
        .all(|word| words.get(*word).is_none_or(|rest| rest == &Value::Bool(false)));
    let none = Map::new();
    let fields = words.get("properties").map_or(Some(&none), Value::as_object)?;
    let required: Vec<_> = words
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !closed || required.iter().any(|name| !fields.contains_key(*name)) {
        return None;
    }
    let fields: Map<String, Value> = fields
        .iter()
        .map(|(name, field)| Some((name.clone(), self::field(field, required.contains(&name.as_str()))?)))
        .collect::<Option<_>>()?;
    let mut narrow = Map::new();
    narrow.insert("required".to_owned(), fields.keys().cloned().collect());
    narrow.insert("properties".to_owned(), fields.into());
    narrow.insert("additionalProperties".to_owned(), false.into());
    Some(narrow)
}

/// A field that has to be there now. If it may be missing, the model must have something to write instead: `null`, or the
/// default that it is told.
fn field(schema: &Value, required: bool) -> Option<Value> {
    let mut narrow = node(schema)?;
    if required || apart::nullable(&narrow) {
        return Some(narrow);
    }
    let default = schema.get("default")?;
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    if narrow.get("$ref").is_some() {
        narrow = json!({"anyOf": [narrow]});
    }
    narrow["description"] = format!("{text} (default: {default})").trim_start().into();
    Some(narrow)
}
