//! Which payload type an event belongs to: one, or several that look the same on the wire.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::Value;
use soorma_common::Contract;

use super::{Entry, Handlers};

/// Words of JSON Schema that describe, and do not say what is valid.
const ANNOTATIONS: [&str; 5] = ["$schema", "title", "description", "examples", "$comment"];

/// Finds types that claim the same event and do not have the same schema.
///
/// A schema is built for those events only that more than one type claims, so a program in order pays nothing.
pub(super) fn check(handlers: &Handlers, problems: &mut Vec<String>) {
    let mut claims: BTreeMap<_, Vec<Contract>> = BTreeMap::new();
    for contract in contracts(handlers) {
        let claimed = claims.entry((contract.topic.as_str(), contract.event_type)).or_default();
        if claimed.iter().all(|other| other.place != contract.place || other.type_name != contract.type_name)
        {
            claimed.push(contract);
        }
    }
    for ((topic, event_type), mut claimed) in claims {
        claimed.sort_by_key(|contract| (contract.place.file, contract.place.line));
        let Some((first, others)) = claimed.split_first().filter(|(_, others)| !others.is_empty()) else {
            continue;
        };
        let schema = (first.definition)().payload.schema;
        for other in others {
            let Some(difference) =
                difference(Kind::Schema, "", &schema, &(other.definition)().payload.schema)
            else {
                continue;
            };
            problems.push(format!(
                "two types claim `{event_type}` on {topic} with different schemas, {} and {}: {difference}; \
                 use one type, or give one of them another event type",
                place(first),
                place(other),
            ));
        }
    }
}

/// All that the handlers name, and all that the program declares.
fn contracts(handlers: &Handlers) -> impl Iterator<Item = Contract> {
    let of_entry = |entry: &Entry| -> Vec<Contract> {
        match entry {
            Entry::Handler(registration) => {
                let produced = registration.produces.contracts().into_iter().copied();
                registration
                    .consumes
                    .into_iter()
                    .chain(produced)
                    .chain(registration.declared.iter().copied())
                    .collect()
            }
            Entry::Hook(hook) => hook.produces.contracts().into_iter().copied().collect(),
        }
    };
    let named = handlers.entries.iter().flat_map(of_entry);
    named
        .chain(handlers.declared.iter().copied())
        .flat_map(|contract| std::iter::once(contract).chain(contract.response.copied()))
}

fn place(contract: &Contract) -> String {
    let Contract { type_name, place, .. } = contract;
    format!("`{}::{type_name}` ({}:{})", place.module, place.file, place.line)
}

/// What a value inside a schema is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Schema,
    /// Its members are names that somebody chose, their values schemas.
    Names,
    /// Data, and no schema.
    Data,
    /// A list whose order means nothing.
    Set,
}

impl Kind {
    fn of_member(self, key: &str) -> Self {
        match (self, key) {
            (Self::Data | Self::Set, _) | (Self::Schema, "const" | "default") => Self::Data,
            (Self::Schema, "properties" | "patternProperties" | "$defs") => Self::Names,
            (Self::Schema, "enum" | "required" | "type") => Self::Set,
            (Self::Schema | Self::Names, _) => Self::Schema,
        }
    }

    fn ignores(self, key: &str) -> bool {
        self == Self::Schema && ANNOTATIONS.contains(&key)
    }
}

/// The first place at which two schemas do not say the same, and what each says there.
fn difference(kind: Kind, path: &str, one: &Value, two: &Value) -> Option<String> {
    match (one, two) {
        (Value::Object(first), Value::Object(second)) => {
            let keys = first.keys().chain(second.keys().filter(|key| !first.contains_key(*key)));
            keys.filter(|key| !kind.ignores(key)).find_map(|key| {
                let path = format!("{path}/{key}");
                match (first.get(key), second.get(key)) {
                    (Some(one), Some(two)) => difference(kind.of_member(key), &path, one, two),
                    (one, two) => Some(told(&path, one, two)),
                }
            })
        }
        (Value::Array(first), Value::Array(second)) if kind == Kind::Set => {
            let same =
                first.iter().all(|one| second.contains(one)) && second.iter().all(|two| first.contains(two));
            (!same).then(|| told(path, Some(one), Some(two)))
        }
        (Value::Array(first), Value::Array(second)) if first.len() == second.len() => {
            let pairs = first.iter().zip(second).enumerate();
            pairs.into_iter().find_map(|(at, (one, two))| difference(kind, &format!("{path}/{at}"), one, two))
        }
        _ => (one != two).then(|| told(path, Some(one), Some(two))),
    }
}

fn told(path: &str, one: Option<&Value>, two: Option<&Value>) -> String {
    let mut text = format!("{path} is ");
    for (before, value) in [("", one), (" in the one and ", two)] {
        text += before;
        // Writing to a string cannot fail.
        let _ = match value {
            Some(value) => write!(text, "`{}`", short(&value.to_string())),
            None => write!(text, "absent"),
        };
    }
    text + " in the other"
}

fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain("..".chars()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differ(one: Value, two: Value) -> Option<String> {
        difference(Kind::Schema, "", &one, &two)
    }

    #[test]
    fn what_only_describes_makes_no_difference() {
        let one = json!({"title": "A", "description": "an order", "type": "object", "properties": {"a": {"type": "string"}}});
        let two = json!({"title": "B", "type": "object", "properties": {"a": {"type": "string", "description": "its id"}}});
        assert_eq!(differ(one, two), None);
    }

    #[test]
    fn a_field_may_be_called_like_a_word_of_json_schema() {
        let with = |ty: &str| json!({"properties": {"title": {"type": ty}, "properties": {"title": "x"}}});
        assert_eq!(
            differ(with("string"), with("integer")).unwrap(),
            "/properties/title/type is `\"string\"` in the one and `\"integer\"` in the other"
        );
    }

    #[test]
    fn data_is_compared_whole_and_sets_without_their_order() {
        let with = |title: &str| json!({"const": {"title": title}});
        assert!(differ(with("a"), with("b")).is_some());
        assert_eq!(differ(with("a"), with("a")), None);
        assert_eq!(differ(json!({"required": ["a", "b"]}), json!({"required": ["b", "a"]})), None);
        assert!(differ(json!({"required": ["a", "b"]}), json!({"required": ["a"]})).is_some());
    }

    #[test]
    fn schemas_in_a_list_are_compared_one_by_one() {
        let with =
            |ty: &str, text: &str| json!({"anyOf": [{"type": ty, "description": text}, {"type": "null"}]});
        assert_eq!(differ(with("string", "a"), with("string", "b")), None);
        let told = differ(with("string", "a"), with("integer", "a")).unwrap();
        assert!(told.starts_with("/anyOf/0/type is"), "{told}");
    }

    #[test]
    fn what_one_of_them_lacks_is_absent() {
        assert_eq!(
            differ(json!({"properties": {"a": true}}), json!({"properties": {}})).unwrap(),
            "/properties/a is `true` in the one and absent in the other"
        );
        let long = json!({"enum": ["x".repeat(100)]});
        assert!(differ(long, json!({"enum": []})).unwrap().len() < 130);
    }
}
