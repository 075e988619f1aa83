//! `oneOf` and `anyOf`, which schemars writes for enums: the variant that was meant, and what is wrong with it.

use serde_json::{Map, Value};

use super::{
    expected,
    object::Seen,
    place::{Place, Step},
    violation::{Violation, Violations},
    walk::{Walk, near},
};
use crate::schema::{Branch, Form, Key, Types, group};

impl<'a> Walk<'a> {
    pub(super) fn choice(
        &mut self,
        list: &'a [Value],
        word: &'static str,
        value: &'a Value,
        place: &Place<'_>,
        seen: &mut Seen<'a>,
        out: &mut Violations,
    ) {
        let (branches, one_of) = group(self.doc, list, word == "oneOf");
        let of_type: Vec<_> = branches.iter().filter(|branch| branch.key.types().takes(value)).collect();
        let meant: Vec<_> = of_type.iter().copied().filter(|branch| means(branch.key, value)).collect();
        match meant.as_slice() {
            [] => {
                seen.open = true;
                self.none(&branches, &of_type, word, value, place, seen, out);
            }
            [Branch { form: Form::Value(_), .. }] => seen.open = true,
            [Branch { form: Form::Schema(schema), .. }] => self.node(schema, value, place, seen, out),
            several => self.several(several, one_of, value, place, seen, out),
        }
    }

    /// More than one variant may be meant: those that take the value, or the one that it is nearest to.
    fn several(
        &mut self,
        branches: &[&Branch<'a>],
        one_of: bool,
        value: &'a Value,
        place: &Place<'_>,
        seen: &mut Seen<'a>,
        out: &mut Violations,
    ) {
        let mut taken = 0;
        let mut best: Option<(usize, &'a Value)> = None;
        for branch in branches {
            let Form::Schema(schema) = branch.form else {
                seen.open = true;
                taken += 1;
                continue;
            };
            match self.attempt(schema, value, place) {
                Ok(found) => {
                    taken += 1;
                    seen.merge(found);
                }
                Err(wrong) if best.is_none_or(|(least, _)| wrong < least) => best = Some((wrong, schema)),
                Err(_) => {}
            }
        }
        match (taken, best) {
            (0, Some((_, schema))) => self.node(schema, value, place, seen, out),
            (2.., _) if one_of => {
                self.violated(out, place, "oneOf", value, || {
                    "a value that fits one of the forms only".to_owned()
                });
            }
            _ => {}
        }
    }

    /// No variant is meant.
    #[expect(clippy::too_many_arguments, reason = "all that a choice is made of")]
    fn none(
        &self,
        all: &[Branch<'a>],
        of_type: &[&Branch<'a>],
        word: &'static str,
        value: &'a Value,
        place: &Place<'_>,
        seen: &mut Seen<'a>,
        out: &mut Violations,
    ) {
        let values: Vec<_> = of_type
            .iter()
            .filter_map(|branch| match branch.key {
                Key::Value(value) => Some(value),
                _ => None,
            })
            .collect();
        match value {
            Value::Object(fields) if !of_type.is_empty() => {
                self.no_variant(of_type, word, fields, place, seen, out)
            }
            _ if !values.is_empty() => self.misspelt(out, place, "enum", value, values),
            _ => self.violated(out, place, "type", value, || of_all(all)),
        }
    }

    /// An object that is none of the variants.
    fn no_variant(
        &self,
        branches: &[&Branch<'a>],
        word: &'static str,
        fields: &'a Map<String, Value>,
        place: &Place<'_>,
        seen: &mut Seen<'a>,
        out: &mut Violations,
    ) {
        let tag = branches.iter().find_map(|branch| match branch.key {
            Key::Tag(name, _) => Some(name),
            _ => None,
        });
        if let Some(tag) = tag {
            let values: Vec<_> = branches
                .iter()
                .filter_map(|branch| match branch.key {
                    Key::Tag(name, value) if name == tag => Some(value),
                    _ => None,
                })
                .collect();
            let mut at = place.step(Step::Declared(tag));
            // A tag stands for what is beside it.
            at.hidden |= place.hidden;
            return match fields.get(tag) {
                Some(given) => self.misspelt(out, &at, "const", given, values),
                None => seen.missing.push((tag, expected::list(values.into_iter().map(expected::literal)))),
            };
        }
        let names: Vec<_> = branches
            .iter()
            .filter_map(|branch| match branch.key {
                Key::Field(name) => Some(name),
                _ => None,
            })
            .collect();
        let given = fields.keys().find(|key| !seen.names.contains(key.as_str())).filter(|_| !place.sensitive);
        out.add(|| {
            let expected =
                format!("an object with {}", expected::list(names.iter().map(|name| expected::name(name))));
            let (path, given, nearest) = match given {
                Some(key) => (place.step(Step::Chosen(key)).path(), "an unknown key", near(key, &names)),
                None => (place.path(), "an object with none of the keys", None),
            };
            Violation::new(path, word, given.to_owned(), expected, nearest)
        });
    }
}

/// Whether a variant is the one that the value names.
fn means(key: Key<'_>, value: &Value) -> bool {
    match key {
        Key::Value(expected) => expected == value,
        Key::Tag(name, tag) => value.get(name) == Some(tag),
        Key::Field(name) => value.get(name).is_some(),
        Key::Types(_) => true,
    }
}

fn of_all(branches: &[Branch<'_>]) -> String {
    let values = branches.iter().filter_map(|branch| match branch.key {
        Key::Value(value) => Some(expected::literal(value)),
        _ => None,
    });
    let values: Vec<_> = values.collect();
    let types = branches
        .iter()
        .filter(|branch| !matches!(branch.key, Key::Value(_)))
        .map(|branch| branch.key.types())
        .reduce(Types::or);
    match (values.is_empty(), types) {
        (true, types) => types.unwrap_or(Types::ALL).words(),
        (false, None) => expected::list(values.into_iter()),
        (false, Some(types)) => format!("{} or {}", expected::list(values.into_iter()), types.words()),
    }
}
