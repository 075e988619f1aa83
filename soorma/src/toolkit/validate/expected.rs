//! What a schema expects, in words.

use serde_json::Value;

use super::given;
use crate::schema::{Document, Form, Types, branches};

/// How many names or values are listed.
const LISTED: usize = 12;

/// "a string", "one of `red`, `green`".
pub(in crate::toolkit) fn of_schema(doc: Document<'_>, node: &Value) -> String {
    let Some(node) = doc.follow(node) else { return "a value".to_owned() };
    let Some((found, _)) = branches(doc, node) else { return of_types(doc, node) };
    let values: Vec<_> = found
        .iter()
        .filter_map(|branch| match branch.form {
            Form::Value(value) => Some(value),
            Form::Schema(_) => None,
        })
        .collect();
    let types = found
        .iter()
        .filter(|branch| matches!(branch.form, Form::Schema(_)))
        .map(|branch| branch.key.types())
        .reduce(Types::or);
    match (values.is_empty(), types) {
        (true, Some(types)) => types.words(),
        (false, Some(types)) => format!("{} or {}", list(values.into_iter().map(literal)), types.words()),
        (_, None) => list(values.into_iter().map(literal)),
    }
}

fn of_types(doc: Document<'_>, node: &Value) -> String {
    if let Some(value) = node.get("const") {
        return literal(value);
    }
    let types = doc.all_in_place(node).into_iter().map(Types::of_schema).fold(Types::ALL, Types::and);
    if types == Types::ALL || types.is_empty() { "a value".to_owned() } else { types.words() }
}

/// "`a`" or "one of `a`, `b`".
pub(super) fn list(items: impl Iterator<Item = String>) -> String {
    let mut all: Vec<_> = items.collect();
    let more = all.len().saturating_sub(LISTED);
    all.truncate(LISTED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    match all.as_slice() {
        [] => "nothing".to_owned(),
        [one] => format!("{one}{more}"),
        _ => format!("one of {}{more}", all.join(", ")),
    }
}

/// A name in backticks.
pub(super) fn name(name: &str) -> String {
    format!("`{}`", given::text(name))
}

/// A value of the schema: as it is written in JSON.
pub(super) fn literal(value: &Value) -> String {
    given::value(value)
}
