//! A schema as a model is given it: references replaced by what they name, and nothing that only this project, or only
//! Rust, knows the meaning of.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::references;
use crate::schema::{Document, Limit, Types, of_format};

/// How many schemas one may become, and how deep they may lie in each other, before references stay references.
const LARGEST: usize = 1_000;
const DEEPEST: usize = 128;

/// The formats that are known to every tool that reads JSON Schema.
const FORMATS: [&str; 14] = [
    "date-time",
    "date",
    "time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
    "json-pointer",
    "regex",
];

/// Takes what the schema takes, integers beyond the range of their Rust type aside. References are left where a type holds
/// itself, to `$defs`, and everywhere where the whole would be too large without.
pub(super) fn plain(schema: &Value) -> Value {
    let doc = Document { root: schema };
    let known = references::all(doc);
    let names = names(schema, known.keys().copied());
    let recursive = known.iter().filter(|(_, returns)| **returns).map(|(reference, _)| *reference);
    let kept = recursive.map(|reference| (reference, names[reference].as_str())).collect();
    Inline::run(doc, kept).unwrap_or_else(|| {
        let kept = names.iter().map(|(reference, name)| (*reference, name.as_str())).collect();
        Inline { doc, kept, left: None }.document()
    })
}

/// What the definition behind each reference is called.
fn names<'a>(schema: &Value, references: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, String> {
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    for reference in references {
        let last = reference.rsplit(['/', '#']).next().filter(|last| !last.is_empty());
        let title = || {
            schema.get("title").and_then(Value::as_str).filter(|title| !title.is_empty()).unwrap_or("Root")
        };
        let simple = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
        let mut name: String = last.unwrap_or_else(title).chars().map(simple).collect();
        while names.values().any(|taken| *taken == name) {
            name.push('_');
        }
        names.insert(reference, name);
    }
    names
}

struct Inline<'a> {
    doc: Document<'a>,
    /// The references that stay, and the names behind them.
    kept: BTreeMap<&'a str, &'a str>,
    /// How many schemas may still be written, if there is a limit.
    left: Option<usize>,
}

impl<'a> Inline<'a> {
    fn run(doc: Document<'a>, kept: BTreeMap<&'a str, &'a str>) -> Option<Value> {
        let mut inline = Self { doc, kept, left: Some(LARGEST) };
        let whole = inline.document();
        (inline.left != Some(0)).then_some(whole)
    }

    fn document(&mut self) -> Value {
        let mut root = match self.doc.root {
            Value::Bool(true) => Value::Object(Map::new()),
            root => self.node(root, 0),
        };
        if let Some(root) = root.as_object_mut() {
            root.remove("title");
            let kept: Vec<_> = self.kept.iter().map(|(reference, name)| (*reference, *name)).collect();
            let definitions: Map<_, _> = kept
                .into_iter()
                .filter_map(|(reference, name)| {
                    Some((name.to_owned(), self.node(self.doc.target(reference)?, 0)))
                })
                .collect();
            if !definitions.is_empty() {
                root.insert("$defs".to_owned(), definitions.into());
            }
        }
        root
    }

    fn node(&mut self, node: &Value, depth: usize) -> Value {
        self.left = self.left.map(|left| if depth > DEEPEST { 0 } else { left.saturating_sub(1) });
        let Value::Object(words) = node else { return node.clone() };
        if self.left == Some(0) {
            return Value::Null;
        }
        let mut own = Map::new();
        for (word, value) in words {
            if dropped(word) {
                continue;
            }
            let rest = ["additionalProperties", "unevaluatedProperties"].contains(&word.as_str());
            let mapped = references::map(word, value, |inner| match inner {
                // MCP's schema demands that the schema of a field is an object.
                Value::Bool(true) if !rest => Value::Object(Map::new()),
                inner => self.node(inner, depth + 1),
            });
            own.insert(word.clone(), mapped.unwrap_or_else(|| value.clone()));
        }
        ranged(node, &mut own);
        let Some(Value::String(reference)) = own.get("$ref") else { return own.into() };
        if let Some(name) = self.kept.get(reference.as_str()) {
            own.insert("$ref".to_owned(), format!("#/$defs/{name}").into());
            return own.into();
        }
        let Some(target) = self.doc.target(reference) else { return own.into() };
        own.remove("$ref");
        let target = self.node(target, depth + 1);
        join(own, target)
    }
}

/// Words that say nothing outside of this project, or nothing once references are resolved.
fn dropped(word: &str) -> bool {
    const WORDS: [&str; 6] = ["$schema", "$id", "$anchor", "$comment", "$defs", "definitions"];
    WORDS.contains(&word) || word.starts_with("x-")
}

/// The formats of Rust's integers, as limits where every reader of JSON holds them exactly.
fn ranged(node: &Value, own: &mut Map<String, Value>) {
    const EXACT: i128 = 1 << 53;
    let Some(format) = node.get("format").and_then(Value::as_str) else { return };
    if FORMATS.contains(&format) {
        return;
    }
    own.remove("format");
    let Some((min, max)) = of_format(format).filter(|_| Types::of_schema(node).only_integers()) else {
        return;
    };
    for (word, limit, tighter) in [("minimum", min, i128::max as fn(_, _) -> _), ("maximum", max, i128::min)]
    {
        let written = match own.get(word).and_then(Limit::of) {
            Some(Limit::Integer(written)) => Some(written),
            Some(Limit::Float(_)) => continue,
            None => None,
        };
        let limit = written.map_or(limit, |written| tighter(written, limit));
        if let Some(limit) = i64::try_from(limit).ok().filter(|limit| i128::from(*limit).abs() < EXACT) {
            own.insert(word.to_owned(), limit.into());
        }
    }
}

/// What stands beside a reference, and what it names: both apply.
fn join(own: Map<String, Value>, target: Value) -> Value {
    const DESCRIBES: [&str; 4] = ["title", "description", "default", "examples"];
    let Value::Object(mut target) = target else {
        let mut own = own;
        own.insert("allOf".to_owned(), Value::Array(vec![target]));
        return own.into();
    };
    let speaks = |words: &Map<String, Value>| words.keys().any(|word| !DESCRIBES.contains(&word.as_str()));
    if speaks(&own) && speaks(&target) {
        if let Some(both) = both(&own, &target) {
            return both.into();
        }
        let mut own = own;
        own.insert("allOf".to_owned(), Value::Array(vec![target.into()]));
        return own.into();
    }
    target.extend(own);
    target.into()
}

/// Two objects that declare different fields and say nothing else, as one: how serde tags a variant that is a struct.
fn both(own: &Map<String, Value>, target: &Map<String, Value>) -> Option<Map<String, Value>> {
    const WORDS: [&str; 5] = ["type", "properties", "required", "title", "description"];
    let mut one = target.clone();
    for words in [own, target] {
        let only = words.keys().all(|word| WORDS.contains(&word.as_str()));
        if !only || words.get("type").and_then(Value::as_str) != Some("object") {
            return None;
        }
    }
    for (word, value) in own {
        match (value, one.get_mut(word)) {
            (Value::Object(fields), Some(Value::Object(all))) => {
                if fields.keys().any(|name| all.contains_key(name)) {
                    return None;
                }
                all.extend(fields.clone());
            }
            (Value::Array(names), Some(Value::Array(all))) => {
                // The tag comes first.
                let others = std::mem::replace(all, names.clone());
                all.extend(others.into_iter().filter(|name| !names.contains(name)));
            }
            _ => _ = one.insert(word.clone(), value.clone()),
        }
    }
    Some(one)
}
