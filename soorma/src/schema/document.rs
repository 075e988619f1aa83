//! A schema with its definitions: what a `$ref` stands for, and which words only describe.

use serde_json::{Map, Value};

use crate::sorted::Sorted;

/// How many references in a row are followed. More than this is no schema that somebody meant.
const LONGEST_CHAIN: usize = 32;

/// A whole schema.
#[derive(Clone, Copy)]
pub(crate) struct Document<'a> {
    pub(crate) root: &'a Value,
}

impl<'a> Document<'a> {
    /// What a reference inside this document names. Nothing outside of it is ever looked for.
    pub(crate) fn target(self, reference: &str) -> Option<&'a Value> {
        self.root.pointer(reference.strip_prefix('#')?)
    }

    /// The node itself, or what it stands for if it is nothing but a reference.
    pub(crate) fn follow(self, mut node: &'a Value) -> Option<&'a Value> {
        for _ in 0..LONGEST_CHAIN {
            let Some(reference) = node.get("$ref") else { return Some(node) };
            if members(node).any(|(key, _)| key != "$ref") {
                return Some(node);
            }
            node = self.target(reference.as_str()?)?;
        }
        None
    }

    /// The node and all inside of it that applies to the same value, each once.
    pub(crate) fn all_in_place(self, node: &'a Value) -> Vec<&'a Value> {
        let mut seen = Sorted::default();
        let mut all = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if seen.add(address(node)) {
                all.push(node);
                open.extend(self.in_place(node));
            }
        }
        all
    }

    /// The schemas inside a node that apply to the same value.
    pub(crate) fn in_place(self, node: &'a Value) -> impl Iterator<Item = &'a Value> {
        let referred = node.get("$ref").and_then(Value::as_str).and_then(|name| self.target(name));
        let listed = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| node.get(key)?.as_array());
        let single = ["not", "if", "then", "else"].into_iter().filter_map(|key| node.get(key));
        referred.into_iter().chain(listed.flatten()).chain(single)
    }
}

/// What tells two nodes of living documents apart.
pub(crate) fn address(node: &Value) -> usize {
    std::ptr::from_ref(node) as usize
}

/// Whether a word of JSON Schema describes, and does not say what is valid.
pub(crate) fn is_annotation(key: &str) -> bool {
    const WORDS: [&str; 12] = [
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "definitions",
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
    ];
    WORDS.contains(&key) || key.starts_with("x-")
}

/// What a node says of what is valid.
pub(crate) fn members(node: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = node.as_object().into_iter().flatten();
    all.map(|(key, value)| (key.as_str(), value)).filter(|(key, _)| !is_annotation(key))
}

pub(crate) fn object<'a>(node: &'a Value, key: &str) -> Option<&'a Map<String, Value>> {
    node.get(key)?.as_object()
}

/// The strings of a list, each once and in the order of the alphabet.
pub(crate) fn strings<'a>(node: &'a Value, key: &str) -> Vec<&'a str> {
    let mut strings = Sorted::default();
    for text in node.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        text.as_str().map(|text| strings.add(text));
    }
    strings.into_keys()
}

/// The words of JSON Schema that are understood everywhere here.
pub(crate) const WORDS: [&str; 27] = [
    "$ref",
    "allOf",
    "anyOf",
    "oneOf",
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    "uniqueItems",
    "items",
    "prefixItems",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "minProperties",
    "maxProperties",
];
