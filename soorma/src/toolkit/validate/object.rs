//! Keys: those that are missing, and those that nobody declared.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    expected,
    place::{Place, Step},
    violation::{Violation, Violations},
    walk::{Walk, near},
};
use crate::schema::Types;

/// How many unknown keys are held against the missing ones.
const HELD: usize = 100;

/// What the schemas that apply to an object have said of its keys.
#[derive(Default)]
pub(super) struct Seen<'a> {
    /// The keys that are declared, whether they came or not.
    pub(super) names: HashSet<&'a str>,
    /// Keys of maps that were looked at.
    pub(super) looked_at: HashSet<&'a str>,
    /// Keys that one of the schemas refuses.
    refused: HashSet<&'a str>,
    /// Required keys that did not come, and what would be right.
    pub(super) missing: Vec<(&'a str, String)>,
    /// Any other key may come.
    pub(super) open: bool,
    /// Somebody said which keys there are.
    declares: bool,
}

impl<'a> Seen<'a> {
    pub(super) fn wrong(&self) -> usize {
        self.refused.len() + self.missing.len()
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.names.extend(other.names);
        self.looked_at.extend(other.looked_at);
        self.refused.extend(other.refused);
        self.missing.extend(other.missing);
        self.open |= other.open;
        self.declares |= other.declares;
    }

    pub(super) fn unknown<'s>(&'s self, fields: &'s Map<String, Value>) -> impl Iterator<Item = &'s str> {
        let undeclared = |key: &str| {
            self.declares && !self.open && !self.names.contains(key) && !self.looked_at.contains(key)
        };
        fields.keys().map(String::as_str).filter(move |key| self.refused.contains(key) || undeclared(key))
    }
}

impl<'a> Walk<'a> {
    pub(super) fn fields(
        &mut self,
        schema: &'a Value,
        fields: &'a Map<String, Value>,
        place: &Place<'_>,
        seen: &mut Seen<'a>,
        out: &mut Violations,
    ) {
        let declared = schema.get("properties").and_then(Value::as_object);
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let says_object =
            schema.get("type").is_some() && !Types::of_schema(schema).and(Types::OBJECT).is_empty();
        let closed = ["additionalProperties", "unevaluatedProperties"].map(|word| schema.get(word));
        seen.declares |= says_object || declared.is_some() || closed.contains(&Some(&Value::Bool(false)));
        seen.open |= closed[1] == Some(&Value::Bool(true));
        for (name, field) in declared.into_iter().flatten() {
            seen.names.insert(name);
            if let Some(value) = fields.get(name) {
                self.value(field, value, place.step(Step::Declared(name)), out);
            }
        }
        for (name, value) in fields {
            let at = place.step(Step::Chosen(name));
            let mut known = declared.is_some_and(|declared| declared.contains_key(name));
            for (pattern, field) in patterns.into_iter().flatten() {
                if !self.matches(pattern, name) {
                    continue;
                }
                known = true;
                seen.looked_at.insert(name);
                self.value(field, value, at, out);
            }
            match closed[0] {
                Some(Value::Bool(false)) if !known => _ = seen.refused.insert(name),
                Some(rest) if !known => {
                    seen.looked_at.insert(name);
                    self.value(rest, value, at, out);
                }
                _ => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str).filter(|name| !fields.contains_key(*name)) {
            let field = declared.and_then(|declared| declared.get(name));
            let expected = field.map_or("a value".to_owned(), |field| expected::of_schema(self.doc, field));
            seen.missing.push((name, expected));
        }
    }

    /// What is wrong with the keys of an object, once all that applies to it has been read.
    pub(super) fn close(
        &self,
        fields: &'a Map<String, Value>,
        place: &Place<'_>,
        mut seen: Seen<'a>,
        out: &mut Violations,
    ) {
        let missing = std::mem::take(&mut seen.missing);
        let mut unknown: Vec<_> = if self.negated {
            seen.refused.iter().copied().collect()
        } else {
            seen.unknown(fields).collect()
        };
        let mut reported = HashSet::new();
        for (name, expected) in missing.into_iter().filter(|(name, _)| reported.insert(*name)) {
            let misspelt = self.misspelt_key(name, fields, &seen, place);
            if let Some(key) = misspelt {
                unknown.retain(|other| *other != key);
                let expected = format!("{}, which is required", expected::name(name));
                let given = "an unknown key".to_owned();
                let at = place.step(Step::Chosen(key));
                out.add(|| Violation::new(at.path(), "required", given, expected, Some(name.to_owned())));
            } else {
                let at = place.step(Step::Declared(name));
                out.add(|| Violation::new(at.path(), "required", "missing".to_owned(), expected, None));
            }
        }
        let mut free: Vec<_> =
            seen.names.iter().copied().filter(|name| !fields.contains_key(*name)).collect();
        free.sort_unstable();
        for key in unknown {
            out.add(|| {
                let nearest = if place.sensitive { None } else { near(key, &free) };
                let at = place.step(Step::Chosen(key));
                let expected = match free.as_slice() {
                    [] => "no other keys".to_owned(),
                    free => format!(
                        "no other keys than {}",
                        expected::list(free.iter().map(|name| expected::name(name)))
                    ),
                };
                Violation::new(
                    at.path(),
                    "additionalProperties",
                    "an unknown key".to_owned(),
                    expected,
                    nearest,
                )
            });
        }
    }

    /// The key that came in place of a missing one.
    fn misspelt_key(
        &self,
        name: &str,
        fields: &'a Map<String, Value>,
        seen: &Seen<'a>,
        place: &Place<'_>,
    ) -> Option<&'a str> {
        if place.sensitive || self.negated {
            return None;
        }
        let others =
            fields.keys().map(String::as_str).filter(|key| !seen.names.contains(key) && key.len() <= 64);
        let others: Vec<_> = others.filter(|key| !seen.looked_at.contains(key)).take(HELD).collect();
        soorma_common::suggest::nearest(name, &others)
    }
}
