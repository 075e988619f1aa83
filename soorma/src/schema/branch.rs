//! The variants of an enum: what schemars writes as `enum`, `const`, `oneOf` and `anyOf`, as one flat list, and what
//! tells the variants apart.

use serde_json::Value;

use super::{
    document::{Document, members, object, strings},
    types::Types,
};

/// How deep groups inside groups are made flat.
const DEEPEST: usize = 16;

/// One variant.
#[derive(Clone, Copy)]
pub(crate) struct Branch<'a> {
    pub(crate) form: Form<'a>,
    pub(crate) key: Key<'a>,
}

/// What a variant is: a value, or whatever a schema allows.
#[derive(Clone, Copy)]
pub(crate) enum Form<'a> {
    Value(&'a Value),
    Schema(&'a Value),
}

/// What a variant is known by.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Key<'a> {
    /// It is this value.
    Value(&'a Value),
    /// It has this field, with this value.
    Tag(&'a str, &'a Value),
    /// This is its only field.
    Field(&'a str),
    /// It is of these types.
    Types(Types),
}

impl Key<'_> {
    /// Whether no value belongs to both.
    pub(crate) fn excludes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Value(one), Self::Value(two)) => one != two && !(one.is_number() && two.is_number()),
            (Self::Tag(one, a), Self::Tag(two, b)) => one == two && a != b && a.is_string() && b.is_string(),
            (Self::Field(one), Self::Field(two)) => one != two,
            (one, two) => one.types().and(two.types()).is_empty(),
        }
    }

    pub(crate) fn types(self) -> Types {
        match self {
            Self::Value(value) => Types::of_value(value),
            Self::Tag(..) | Self::Field(_) => Types::OBJECT,
            Self::Types(types) => types,
        }
    }
}

/// The variants of a node that is nothing but a choice, and whether exactly one of them must apply.
pub(crate) fn branches<'a>(doc: Document<'a>, node: &'a Value) -> Option<(Vec<Branch<'a>>, bool)> {
    let mut found = Vec::new();
    let mut one_of = false;
    collect(doc, node, DEEPEST, &mut found, &mut one_of)?;
    Some((found, one_of))
}

/// The variants of one group, whatever stands beside it.
pub(crate) fn group<'a>(doc: Document<'a>, list: &'a [Value], one_of: bool) -> (Vec<Branch<'a>>, bool) {
    let mut found = Vec::new();
    let mut any_one_of = one_of;
    list.iter().for_each(|node| add(doc, node, DEEPEST, &mut found, &mut any_one_of));
    (found, any_one_of)
}

fn collect<'a>(
    doc: Document<'a>,
    node: &'a Value,
    depth: usize,
    found: &mut Vec<Branch<'a>>,
    one_of: &mut bool,
) -> Option<()> {
    let node = doc.follow(node)?;
    let only = |words: &[&str]| members(node).all(|(key, _)| words.contains(&key));
    let single = node.get("const").map(std::slice::from_ref);
    if let Some(values) = single.or_else(|| Some(node.get("enum")?.as_array()?.as_slice())) {
        let simple = values.iter().all(|value| !value.is_object() && !value.is_array());
        if !simple || !only(&["type", if single.is_some() { "const" } else { "enum" }]) {
            return None;
        }
        let types = Types::of_schema(node);
        let values = values.iter().filter(|value| !Types::of_value(value).and(types).is_empty());
        found.extend(values.map(|value| Branch { form: Form::Value(value), key: Key::Value(value) }));
        return Some(());
    }
    let word = if node.get("oneOf").is_some() { "oneOf" } else { "anyOf" };
    let list = node.get(word)?.as_array()?;
    if !only(&[word]) || depth == 0 {
        return None;
    }
    *one_of |= word == "oneOf";
    list.iter().for_each(|node| add(doc, node, depth - 1, found, one_of));
    Some(())
}

fn add<'a>(doc: Document<'a>, node: &'a Value, depth: usize, found: &mut Vec<Branch<'a>>, one_of: &mut bool) {
    if collect(doc, node, depth, found, one_of).is_none() {
        found.push(whole(doc, node));
    }
}

/// The node as the only variant.
pub(crate) fn whole<'a>(doc: Document<'a>, node: &'a Value) -> Branch<'a> {
    Branch { form: Form::Schema(node), key: key(doc, node) }
}

fn key<'a>(doc: Document<'a>, node: &'a Value) -> Key<'a> {
    let node = doc.follow(node).unwrap_or(node);
    let types = Types::of_schema(node);
    let mut required = strings(node, "required");
    let Some(properties) = object(node, "properties").filter(|_| types == Types::OBJECT) else {
        return Key::Types(types);
    };
    required.retain(|name| properties.contains_key(*name));
    let tag = required.iter().find_map(|name| Some((*name, properties.get(*name)?.get("const")?)));
    match (tag, required.first()) {
        (Some((name, value)), _) => Key::Tag(name, value),
        (None, Some(name))
            if properties.len() == 1 && node.get("additionalProperties") == Some(&false.into()) =>
        {
            Key::Field(name)
        }
        _ => Key::Types(types),
    }
}
