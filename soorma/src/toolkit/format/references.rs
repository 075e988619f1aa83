//! Which references of a schema lead back to themselves, and where in a schema other schemas stand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::schema::Document;

const NAMED: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];
const LISTED: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const SINGLE: [&str; 10] = [
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
];

/// What becomes of a word's value if each schema in it becomes another; nothing if no schema stands there.
pub(super) fn map(word: &str, value: &Value, mut each: impl FnMut(&Value) -> Value) -> Option<Value> {
    match value {
        Value::Object(named) if NAMED.contains(&word) => {
            let named: Map<_, _> = named.iter().map(|(name, node)| (name.clone(), each(node))).collect();
            Some(named.into())
        }
        Value::Array(list) if LISTED.contains(&word) => Some(list.iter().map(each).collect()),
        node if SINGLE.contains(&word) => Some(each(node)),
        _ => None,
    }
}

/// The references that can be followed, each with whether following it comes back to it.
pub(super) fn all(doc: Document<'_>) -> BTreeMap<&str, bool> {
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut open: Vec<_> = within(doc.root).into_iter().collect();
    while let Some(reference) = open.pop() {
        if let (false, Some(target)) = (known.contains_key(reference), doc.target(reference)) {
            let next = within(target);
            open.extend(&next);
            known.insert(reference, next);
        }
    }
    known.keys().map(|reference| (*reference, returns(&known, reference))).collect()
}

fn returns(known: &BTreeMap<&str, BTreeSet<&str>>, start: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        for next in known.get(at).into_iter().flatten() {
            if *next == start {
                return true;
            }
            if seen.insert(*next) {
                open.push(next);
            }
        }
    }
    false
}

/// The references that are written in a schema.
fn within(node: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        found.extend(node.get("$ref").and_then(Value::as_str));
        open.extend(inside(node));
    }
    found
}

/// The schemas that stand in a schema, but for its definitions.
pub(in crate::toolkit) fn inside(node: &Value) -> impl Iterator<Item = &Value> {
    let word = |word: &&str| node.get(*word);
    let named = NAMED.iter().filter_map(word).filter_map(Value::as_object).flat_map(Map::values);
    let listed = LISTED.iter().filter_map(word).filter_map(Value::as_array).flatten();
    let single: Vec<_> = SINGLE.iter().filter_map(word).collect();
    named.chain(listed).chain(single)
}
