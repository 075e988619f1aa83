//! Pairs of schemas: what is a difference, what is none, and how it is told.

mod fields;
mod limits;
pub(crate) mod random;
mod shapes;
mod sound;
mod variants;

use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

use super::compare;

/// The differences between two types, a line each.
fn between<Old: JsonSchema, New: JsonSchema>() -> Vec<String> {
    lines(schema_for!(Old).as_value(), schema_for!(New).as_value())
}

fn lines(old: &Value, new: &Value) -> Vec<String> {
    compare(old, new).iter().map(ToString::to_string).collect()
}

/// One case a line: the old fields, the new ones, and what is told.
macro_rules! structs {
    ($($name:ident: { $($old:tt)* } { $($new:tt)* } => [$($line:expr),* $(,)?];)+) => {$(
        #[test]
        #[allow(dead_code, unreachable_pub)]
        fn $name() {
            mod old {
                use crate::schema::tests::prelude::*;
                #[derive(JsonSchema)]
                pub struct Payload { $($old)* }
            }
            mod new {
                use crate::schema::tests::prelude::*;
                #[derive(JsonSchema)]
                pub struct Payload { $($new)* }
            }
            let expected: &[&str] = &[$($line),*];
            assert_eq!(crate::schema::tests::between::<old::Payload, new::Payload>(), expected);
        }
    )+};
}

/// As above, of enums.
macro_rules! enums {
    ($($name:ident: $(#[$attr:meta])* { $($old:tt)* } { $($new:tt)* } => [$($line:expr),* $(,)?];)+) => {$(
        #[test]
        #[allow(dead_code, unreachable_pub)]
        fn $name() {
            mod old {
                use crate::schema::tests::prelude::*;
                #[derive(JsonSchema)]
                $(#[$attr])*
                pub enum Payload { $($old)* }
            }
            mod new {
                use crate::schema::tests::prelude::*;
                #[derive(JsonSchema)]
                $(#[$attr])*
                pub enum Payload { $($new)* }
            }
            let expected: &[&str] = &[$($line),*];
            assert_eq!(crate::schema::tests::between::<old::Payload, new::Payload>(), expected);
        }
    )+};
}

use {enums, structs};

#[allow(unused_imports, dead_code)]
mod prelude {
    pub(super) use std::collections::{BTreeMap, HashMap};

    pub(super) use super::variants::schema_enums;
    pub(super) use schemars::JsonSchema;
    pub(super) use serde_json::Value;

    #[derive(JsonSchema)]
    pub(super) struct Item {
        pub(super) sku: String,
    }

    #[derive(JsonSchema)]
    pub(super) struct Counted {
        pub(super) sku: String,
        pub(super) count: u8,
    }
}

#[test]
fn what_only_describes_is_no_difference() {
    let old = json!({"title": "A", "type": "object", "properties": {"a": {"$ref": "#/$defs/One"}},
        "$defs": {"One": {"type": "string", "description": "one"}}});
    let new = json!({"title": "B", "type": "object", "properties": {"a": {"$ref": "#/$defs/Two", "x-sensitive": true}},
        "$defs": {"Two": {"type": "string", "default": "x", "examples": ["y"], "deprecated": true, "$comment": "z"}}});
    assert_eq!(lines(&old, &new), [""; 0]);
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let tree = |name: &str, ty: &str| {
        json!({"$ref": format!("#/$defs/{name}"), "$defs": {name: {"type": "object", "required": ["v", "children"],
            "properties": {"v": {"type": ty}, "children": {"type": "array", "items": {"$ref": format!("#/$defs/{name}")}}}}}})
    };
    assert_eq!(lines(&tree("A", "string"), &tree("B", "string")), [""; 0]);
    assert_eq!(
        lines(&tree("A", "string"), &tree("B", "null")),
        ["/v: `v` was a string and is null now (breaks consumers of either form)"]
    );
    let circle = json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}});
    assert_eq!(
        lines(&circle, &circle),
        ["(root): the value refers to what the schema does not hold (breaks consumers of either form)"]
    );
}

#[test]
fn a_long_chain_of_references_ends_as_a_difference() {
    let chain = |last: &str| {
        let link = |at: usize| json!({"type": "object", "properties": {"next": {"$ref": format!("#/$defs/{}", at + 1)}}});
        let mut defs: serde_json::Map<_, _> = (0..20_000).map(|at| (at.to_string(), link(at))).collect();
        defs.insert("20000".to_owned(), json!({"type": last}));
        json!({"$ref": "#/$defs/0", "$defs": defs})
    };
    let told = lines(&chain("string"), &chain("null"));
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("is described too deep to be compared"), "{told:?}");
}
