//! Whether a schema can be checked against at all.

use std::collections::{BTreeSet, HashMap};

use regex::Regex;
use serde_json::Value;

use crate::schema::{Document, WORDS, members};

/// How deep a schema may be.
const DEEPEST: usize = 256;
/// How many schemas may apply to one value because the one refers to the other.
const LONGEST_CHAIN: usize = 32;

/// Words that say what is inside of a text; it is not looked at.
const CONTENT: [&str; 3] = ["contentEncoding", "contentMediaType", "contentSchema"];

/// A schema that a [`Validator`](super::Validator) cannot be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// A reference that leads outside of the schema, or to nothing in it.
    #[error(
        "the schema refers to `{0}`, which it does not hold; references start with `#/`, and nothing is fetched"
    )]
    Reference(String),
    /// A reference that leads back to itself before it says anything, or through too many others.
    #[error("the schema's reference `{0}` leads in a circle")]
    Circle(String),
    /// A pattern that is no regular expression.
    #[error("the schema's pattern `{pattern}` is no regular expression: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What the regular expression's parser says.
        reason: String,
    },
    /// A keyword that is not checked.
    #[error(
        "the schema uses `{0}`, which cannot be checked; say it with other keywords, or validate in the handler"
    )]
    Keyword(String),
    /// Too many levels.
    #[error("the schema is nested deeper than 256 levels")]
    Depth,
}

/// Reads the whole schema, and compiles its patterns.
pub(super) fn check(schema: &Value) -> Result<HashMap<String, Regex>, SchemaError> {
    let doc = Document { root: schema };
    let mut patterns = HashMap::new();
    let mut references = BTreeSet::new();
    let mut open = vec![(schema, 0)];
    while let Some((node, depth)) = open.pop() {
        if depth > DEEPEST {
            return Err(SchemaError::Depth);
        }
        for (key, value) in node.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("$ref", Value::String(name)) => {
                    if !references.insert(name.as_str()) {
                        continue;
                    }
                    let target = doc.target(name).ok_or_else(|| SchemaError::Reference(name.clone()))?;
                    open.push((target, 0));
                    chain(doc, target, name, LONGEST_CHAIN)?;
                }
                ("pattern", Value::String(text)) => compile(text, &mut patterns)?,
                ("properties" | "patternProperties", Value::Object(named)) => {
                    if key == "patternProperties" {
                        named.keys().try_for_each(|text| compile(text, &mut patterns))?;
                    }
                    open.extend(named.values().map(|node| (node, depth + 1)));
                }
                ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(list)) => {
                    open.extend(list.iter().map(|node| (node, depth + 1)));
                }
                ("items" | "additionalProperties" | "not", node) => open.push((node, depth + 1)),
                _ => {}
            }
        }
        let known = |key: &str, value: &Value| {
            WORDS.contains(&key)
                || key == "not"
                || CONTENT.contains(&key)
                || key == "unevaluatedProperties" && value.is_boolean()
        };
        if let Some((key, _)) = members(node).find(|(key, value)| !known(key, value)) {
            return Err(SchemaError::Keyword(key.to_owned()));
        }
    }
    Ok(patterns)
}

/// All that applies to the value to which the node applies.
fn chain(doc: Document<'_>, node: &Value, name: &str, left: usize) -> Result<(), SchemaError> {
    if left == 0 {
        return Err(SchemaError::Circle(name.to_owned()));
    }
    doc.in_place(node).try_for_each(|node| chain(doc, node, name, left - 1))
}

fn compile(text: &str, patterns: &mut HashMap<String, Regex>) -> Result<(), SchemaError> {
    let refused =
        |error: regex::Error| SchemaError::Pattern { pattern: text.to_owned(), reason: error.to_string() };
    patterns.insert(text.to_owned(), Regex::new(text).map_err(refused)?);
    Ok(())
}
