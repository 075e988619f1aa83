//! The walk through a value along its schema.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    Validator, expected, given,
    object::Seen,
    place::{Place, Step},
    violation::{Violation, Violations},
};
use crate::schema::{Document, Types, address};

/// How many steps are taken, beside those for each value.
const STEPS: u64 = 100_000;
const STEPS_A_VALUE: u64 = 64;

pub(super) struct Walk<'a> {
    pub(super) doc: Document<'a>,
    validator: &'a Validator,
    steps: u64,
    /// What each schema holds that is sensitive.
    secrets: HashMap<usize, Secret>,
    /// Inside of a `not`, where what is refused is taken: there the rules are those of JSON Schema.
    pub(super) negated: bool,
}

#[derive(Clone, Copy)]
struct Secret {
    here: bool,
    below: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn run(validator: &'a Validator, value: &'a Value, nodes: u64) -> Violations {
        let doc = Document { root: &validator.schema };
        let steps = STEPS + STEPS_A_VALUE * nodes;
        let mut walk = Self { doc, validator, steps, secrets: HashMap::new(), negated: false };
        let mut out = Violations::default();
        walk.value(doc.root, value, Place::ROOT, &mut out);
        if walk.steps == 0 {
            let given = "too many ways to read it".to_owned();
            return Violations::of(Violation::new(
                String::new(),
                "effort",
                given,
                "a plainer value".to_owned(),
                None,
            ));
        }
        out
    }

    /// A whole value.
    pub(super) fn value(
        &mut self,
        schema: &'a Value,
        value: &'a Value,
        mut place: Place<'_>,
        out: &mut Violations,
    ) {
        let secret = self.secret(schema);
        place.sensitive |= secret.here;
        place.hidden |= place.sensitive || secret.below;
        let mut seen = Seen::default();
        self.node(schema, value, &place, &mut seen, out);
        if let Value::Object(fields) = value {
            self.close(fields, &place, seen, out);
        }
    }

    /// One of the schemas that apply to a value.
    pub(super) fn node(
        &mut self,
        schema: &'a Value,
        value: &'a Value,
        place: &Place<'_>,
        seen: &mut Seen<'a>,
        out: &mut Violations,
    ) {
        self.steps = self.steps.saturating_sub(1);
        if self.steps == 0 {
            return;
        }
        if let Value::Bool(anything) = schema {
            seen.open = true;
            if !anything {
                self.violated(out, place, "false", value, || "nothing".to_owned());
            }
            return;
        }
        let types = Types::of_schema(schema);
        if !types.takes(value) {
            seen.open = true;
            return self.violated(out, place, "type", value, || match value {
                Value::Number(_) if types.only_integers() => {
                    format!("{}, without a decimal point", types.words())
                }
                _ => expected::of_schema(self.doc, schema),
            });
        }
        self.literals(schema, value, place, seen, out);
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.number(schema, value, number, place, out),
            Value::String(string) => self.string(schema, value, string, place, out),
            Value::Array(items) => {
                self.list(schema, value, items, place, out);
                self.items(schema, items, place, out);
            }
            Value::Object(fields) => {
                self.fields(schema, fields, place, seen, out);
                self.count(
                    schema,
                    ["minProperties", "maxProperties"],
                    fields.len(),
                    "keys",
                    (value, place),
                    out,
                );
            }
        }
        if let Some(target) =
            schema.get("$ref").and_then(Value::as_str).and_then(|name| self.doc.target(name))
        {
            self.node(target, value, place, seen, out);
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.node(part, value, place, seen, out);
        }
        for word in ["oneOf", "anyOf"] {
            if let Some(list) = schema.get(word).and_then(Value::as_array) {
                self.choice(list, word, value, place, seen, out);
            }
        }
        if let Some(refused) = schema.get("not") {
            let before = std::mem::replace(&mut self.negated, true);
            let taken = self.attempt(refused, value, place).is_ok();
            self.negated = before;
            if taken {
                let other = || format!("something other than {}", expected::of_schema(self.doc, refused));
                self.violated(out, place, "not", value, other);
            }
        }
    }

    /// Whether a schema takes the value: what it declares, or how far off it is.
    pub(super) fn attempt(
        &mut self,
        schema: &'a Value,
        value: &'a Value,
        place: &Place<'_>,
    ) -> Result<Seen<'a>, usize> {
        let mut seen = Seen::default();
        let mut out = Violations::counted();
        self.node(schema, value, place, &mut seen, &mut out);
        match out.total() + seen.wrong() {
            0 => Ok(seen),
            wrong => Err(wrong + value.as_object().map_or(0, |fields| seen.unknown(fields).count())),
        }
    }

    fn literals(
        &self,
        schema: &'a Value,
        value: &'a Value,
        place: &Place<'_>,
        seen: &mut Seen<'a>,
        out: &mut Violations,
    ) {
        let single = schema.get("const").map(std::slice::from_ref);
        let listed = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice);
        for (word, values) in [("const", single), ("enum", listed)] {
            let Some(values) = values else { continue };
            seen.open |= value.is_object();
            if !values.contains(value) {
                self.misspelt(out, place, word, value, values.iter().collect());
            }
        }
    }

    fn items(&mut self, schema: &'a Value, items: &'a [Value], place: &Place<'_>, out: &mut Violations) {
        let fixed = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let rest = schema.get("items");
        for (at, item) in items.iter().enumerate() {
            if let Some(schema) = fixed.get(at).or(rest) {
                self.value(schema, item, place.step(Step::Item(at)), out);
            }
        }
    }

    /// A value that is none of those that are listed.
    pub(super) fn misspelt(
        &self,
        out: &mut Violations,
        place: &Place<'_>,
        rule: &'static str,
        value: &Value,
        values: Vec<&Value>,
    ) {
        out.add(|| {
            let known: Vec<_> = values.iter().filter_map(|value| value.as_str()).collect();
            let nearest = value.as_str().filter(|_| !place.hidden).and_then(|given| near(given, &known));
            let expected = expected::list(values.into_iter().map(expected::literal));
            Violation::new(place.path(), rule, told(place, value), expected, nearest)
        });
    }

    pub(super) fn violated(
        &self,
        out: &mut Violations,
        place: &Place<'_>,
        rule: &'static str,
        value: &Value,
        expected: impl FnOnce() -> String,
    ) {
        out.add(|| Violation::new(place.path(), rule, told(place, value), expected(), None));
    }

    pub(super) fn matches(&self, pattern: &str, text: &str) -> bool {
        self.validator.patterns.get(pattern).is_some_and(|regex| regex.is_match(text))
    }

    fn secret(&mut self, schema: &'a Value) -> Secret {
        let marked = |node: &Value| node.get("x-sensitive") == Some(&Value::Bool(true));
        let doc = self.doc;
        *self.secrets.entry(address(schema)).or_insert_with(|| Secret {
            here: doc.all_in_place(schema).into_iter().any(marked),
            below: everything(doc, schema).into_iter().any(marked),
        })
    }
}

/// All schemas that are used by a schema.
fn everything<'a>(doc: Document<'a>, schema: &'a Value) -> Vec<&'a Value> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    let mut open = vec![schema];
    while let Some(node) = open.pop() {
        if seen.insert(address(node)) {
            all.push(node);
            open.extend(doc.in_place(node));
            let named =
                ["properties", "patternProperties"].into_iter().filter_map(|key| node.get(key)?.as_object());
            open.extend(named.flat_map(serde_json::Map::values));
            open.extend(["items", "additionalProperties"].into_iter().filter_map(|key| node.get(key)));
            open.extend(node.get("prefixItems").and_then(Value::as_array).into_iter().flatten());
        }
    }
    all
}

fn told(place: &Place<'_>, value: &Value) -> String {
    if place.hidden { format!("{} (not shown)", Types::of_value(value).words()) } else { given::value(value) }
}

/// The nearest name, unless what was given is too long to be any of them misspelt.
pub(super) fn near(given: &str, known: &[&str]) -> Option<String> {
    const LONGEST: usize = 64;
    let short = given.len() <= LONGEST;
    short.then(|| soorma_common::suggest::nearest(given, known)).flatten().map(str::to_owned)
}
