//! The walk through two forms of a schema, side by side. What it cannot decide it names.

use serde_json::{Map, Value};

use super::{
    branch,
    difference::{Breaks, Difference, Wording},
    document::{Document, WORDS, address, members},
    place::Place,
    same::same,
    types::Types,
};
use crate::sorted::Sorted;

/// How deep two schemas are compared.
const DEEPEST: usize = 128;

/// What is compared as a whole: it says something about all fields or all items together.
const WHOLE: [&str; 12] = [
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "propertyNames",
    "contains",
    "minContains",
    "maxContains",
    "unevaluatedItems",
    "$dynamicRef",
];

/// Finds the changes of a payload schema, under one version, that break agents of the old and of the new form that run
/// side by side: in the order in which they stand in the schemas, none if there is none.
///
/// Both directions count, see [`Breaks`]. An optional field may come and go in an object that is not closed, as long as
/// nobody writes fields that the schema does not declare. Titles, descriptions, defaults, examples, `x-` words, the
/// names of definitions and the order of keys do not count. What cannot be decided (another `pattern`, an `anyOf` of
/// another shape) is a difference. References outside of the schema are never followed.
#[must_use]
pub fn compare(old: &Value, new: &Value) -> Vec<Difference> {
    Comparison::run(old, new, Wording::Change)
}

/// The first difference between the schemas of two types that claim to be the same: here an optional field counts too.
pub(crate) fn first_difference(one: &Value, two: &Value) -> Option<String> {
    let first = Comparison::run(one, two, Wording::Twins).into_iter().next()?;
    Some(first.what)
}

pub(super) struct Comparison<'a> {
    pub(super) docs: [Document<'a>; 2],
    pub(super) wording: Wording,
    seen: Sorted<([usize; 2], Around<'a>)>,
    pub(super) found: Vec<Difference>,
    depth: usize,
}

/// What the rest of the schema says of the same object.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Around<'a> {
    /// The fields that it declares, in the old and in the new form.
    pub(super) names: [Sorted<&'a str>; 2],
    /// Whether it takes no other fields.
    pub(super) closed: [bool; 2],
    /// Whether it takes any other field as part of the payload.
    pub(super) takes_rest: [bool; 2],
}

impl<'a> Comparison<'a> {
    fn run(old: &'a Value, new: &'a Value, wording: Wording) -> Vec<Difference> {
        let docs = [Document { root: old }, Document { root: new }];
        let mut this = Self { docs, wording, seen: Sorted::default(), found: Vec::new(), depth: 0 };
        this.value([old, new], &Place::default());
        this.found
    }

    /// Two schemas of a whole value.
    pub(super) fn value(&mut self, nodes: [&'a Value; 2], place: &Place) {
        self.node(nodes, place, &Around::default());
    }

    /// Two schemas of a value, or of a part of what is said of it.
    pub(super) fn node(&mut self, nodes: [&'a Value; 2], place: &Place, around: &Around<'a>) {
        let [Some(old), Some(new)] = [0, 1].map(|side| self.docs[side].follow(nodes[side])) else {
            return self.undecided(place, "refers to what the schema does not hold");
        };
        if !self.seen.add(([address(old), address(new)], around.clone())) {
            return;
        }
        if self.depth == DEEPEST {
            return self.undecided(place, "is described too deep to be compared");
        }
        self.depth += 1;
        match [old, new] {
            [Value::Bool(old), Value::Bool(new)] if old == new => {}
            [Value::Bool(false), _] | [_, Value::Bool(false)] => {
                self.undecided(place, "can have no value in one of the forms");
            }
            nodes => self.parts(nodes, place, around),
        }
        self.depth -= 1;
    }

    fn parts(&mut self, nodes: [&'a Value; 2], place: &Place, around: &Around<'a>) {
        let whole = |key: &&str| WHOLE.contains(key) || !self.knows(key);
        let parts = [0, 1].map(|side| self.docs[side].all_in_place(nodes[side]));
        let odd = parts.iter().flatten().flat_map(|node| members(node)).map(|(key, _)| key).find(whole);
        if let Some(key) = odd {
            if !same(self.docs, nodes[0], nodes[1]) {
                self.undecided(
                    place,
                    &format!("is not described in the same way: `{key}` cannot be compared"),
                );
            }
            return;
        }
        if self.as_choices(nodes, place, around) {
            return;
        }
        if nodes.iter().any(|node| node.get("enum").is_some() || node.get("const").is_some()) {
            if !same(self.docs, nodes[0], nodes[1]) {
                self.undecided(place, "takes other values");
            }
            return;
        }
        let around = self.around(nodes, around);
        let here = Place::clone(place);
        self.references(nodes, &here, &around);
        self.groups(nodes, &here, &around);
        self.types_and_limits(nodes, &here, &around);
    }

    fn knows(&self, key: &str) -> bool {
        WORDS.contains(&key) || key == "unevaluatedProperties"
    }

    /// The context of a part: what the other parts of these nodes declare is added when the part is entered.
    fn around(&self, nodes: [&'a Value; 2], around: &Around<'a>) -> Around<'a> {
        let mut around = around.clone();
        for (closed, node) in around.closed.iter_mut().zip(nodes) {
            *closed |= node.get("unevaluatedProperties") == Some(&Value::Bool(false));
        }
        around
    }

    fn references(&mut self, nodes: [&'a Value; 2], place: &Place, around: &Around<'a>) {
        let targets = [0, 1].map(|side| {
            let name = nodes[side].get("$ref").and_then(Value::as_str);
            name.map(|name| self.docs[side].target(name))
        });
        match targets {
            [None, None] => {}
            [Some(Some(old)), Some(Some(new))] => {
                let around = self.beside(nodes, around, "$ref");
                self.node([old, new], place, &around);
            }
            _ => self.undecided(place, "is not described in the same way"),
        }
        match nodes.map(|node| node.get("allOf").and_then(Value::as_array)) {
            [None, None] => {}
            [Some(old), Some(new)] if old.len() == new.len() => {
                for (at, (old, new)) in old.iter().zip(new).enumerate() {
                    let around = self.beside(nodes, around, &format!("allOf/{at}"));
                    self.node([old, new], place, &around);
                }
            }
            _ => self.undecided(place, "is not described in the same way: another `allOf`"),
        }
    }

    /// The context of one part of two nodes: everything else that they declare.
    pub(super) fn beside(&self, nodes: [&'a Value; 2], around: &Around<'a>, part: &str) -> Around<'a> {
        let mut around = around.clone();
        for (side, node) in nodes.into_iter().enumerate() {
            let doc = self.docs[side];
            let mut parts = Vec::new();
            for word in ["$ref", "allOf", "anyOf", "oneOf"].into_iter().filter(|word| *word != part) {
                match node.get(word) {
                    Some(Value::String(name)) => parts.extend(doc.target(name)),
                    Some(Value::Array(list)) => {
                        let others = list.iter().enumerate().filter(|(at, _)| format!("{word}/{at}") != part);
                        parts.extend(others.map(|(_, node)| node));
                    }
                    _ => {}
                }
            }
            let mut all = Vec::new();
            parts.into_iter().for_each(|part| all.extend(doc.all_in_place(part)));
            all.extend((part != "properties").then_some(node));
            for part in all {
                let declared = part.get("properties").and_then(Value::as_object);
                for name in declared.into_iter().flat_map(Map::keys) {
                    around.names[side].add(name);
                }
                let rest = part.get("additionalProperties").or_else(|| part.get("unevaluatedProperties"));
                around.takes_rest[side] |= rest.is_some_and(|rest| rest != &Value::Bool(false));
            }
        }
        around
    }

    fn groups(&mut self, nodes: [&'a Value; 2], place: &Place, around: &Around<'a>) {
        for word in ["oneOf", "anyOf"] {
            match nodes.map(|node| node.get(word).and_then(Value::as_array)) {
                [None, None] => {}
                [Some(old), Some(new)] => {
                    let around = self.beside(nodes, around, word);
                    let lists = [
                        branch::group(self.docs[0], old, word == "oneOf"),
                        branch::group(self.docs[1], new, word == "oneOf"),
                    ];
                    self.branches(lists, place, &around);
                }
                _ => self.undecided(place, &format!("is not described in the same way: another `{word}`")),
            }
        }
    }

    /// Nodes that are nothing but a choice; one that is none is a choice of one.
    fn as_choices(&mut self, nodes: [&'a Value; 2], place: &Place, around: &Around<'a>) -> bool {
        let choices = [0, 1].map(|side| branch::branches(self.docs[side], nodes[side]));
        let grouped =
            |node: &Value| ["oneOf", "anyOf", "enum", "const"].iter().any(|key| node.get(key).is_some());
        let lists = match choices {
            [None, None] => return false,
            [Some(old), Some(new)] => [old, new],
            [Some(old), None] if !grouped(nodes[1]) => [old, self.alone(1, nodes[1])],
            [None, Some(new)] if !grouped(nodes[0]) => [self.alone(0, nodes[0]), new],
            _ => return false,
        };
        self.branches(lists, place, around);
        true
    }

    fn alone(&self, side: usize, node: &'a Value) -> (Vec<branch::Branch<'a>>, bool) {
        (vec![branch::whole(self.docs[side], node)], false)
    }

    fn types_and_limits(&mut self, nodes: [&'a Value; 2], place: &Place, around: &Around<'a>) {
        let types = nodes.map(Types::of_schema);
        let [old, new] = types;
        if old.and(new).is_empty() {
            let text = self.wording.both(&old.words(), &new.words());
            return self.found.push(place.difference(&text, Breaks::Both));
        }
        // An integer that becomes a number keeps its name among the types.
        let gone = old.without(new);
        if !gone.is_empty() {
            self.only_old(place, ("takes", "no longer takes"), &self.lost(old, new));
        }
        if !new.without(old).is_empty() {
            self.only_new(place, &format!("takes {}", self.lost(new, old)));
        }
        self.limits(nodes, place);
        self.items(nodes, place);
        self.fields(nodes, place, around);
    }

    /// What is lost from the one set to the other.
    fn lost(&self, from: Types, to: Types) -> String {
        match (from == Types::ALL, from.without(to)) {
            (true, _) => format!("anything but {}", to.words()),
            (false, lost) => lost.words(),
        }
    }

    fn items(&mut self, nodes: [&'a Value; 2], place: &Place) {
        let item = place.member("[]");
        match nodes.map(|node| node.get("prefixItems").and_then(Value::as_array)) {
            [None, None] => {}
            [Some(old), Some(new)] if old.len() == new.len() => {
                for (at, (old, new)) in old.iter().zip(new).enumerate() {
                    self.value([old, new], &place.member(&at.to_string()));
                }
            }
            _ => return self.undecided(place, "is not a list of the same fixed items"),
        }
        let nodes = nodes.map(|node| node.get("items"));
        if nodes.iter().any(Option::is_some) {
            self.value(nodes.map(|node| node.unwrap_or(&Value::Bool(true))), &item);
        }
    }

    pub(super) fn only_new(&mut self, place: &Place, does: &str) {
        let text = self.wording.only_new(does);
        self.found.push(place.difference(&text, Breaks::Old));
    }

    /// `does` as a verb of now, and of what has ended; the rest of the text follows either.
    pub(super) fn only_old(&mut self, place: &Place, does: (&str, &str), rest: &str) {
        let text = self.wording.only_old(&format!("{} {rest}", does.0), &format!("{} {rest}", does.1));
        self.found.push(place.difference(&text, Breaks::New));
    }

    pub(super) fn undecided(&mut self, place: &Place, text: &str) {
        self.found.push(place.difference(text, Breaks::Both));
    }
}
