//! One payload type of each kind.

use std::collections::{BTreeMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::of;

/// Name, schema, and whether OpenAI's strict mode can say it.
pub(super) fn all() -> Vec<(&'static str, Value, bool)> {
    vec![
        ("empty", of::<Empty>(), true),
        ("unit", of::<Unit>(), true),
        ("newtype", of::<Newtype>(), true),
        ("tuple", of::<Tuple>(), false),
        ("scalars", of::<Scalars>(), true),
        ("character", of::<Character>(), false),
        ("nested", of::<Nested>(), true),
        ("defaults", of::<Defaults>(), true),
        ("recursive", of::<Recursive>(), true),
        ("mutual", of::<Left>(), true),
        ("choice", of::<Option<Recursive>>(), true),
        ("external", of::<External>(), true),
        ("internal", of::<Internal>(), true),
        ("internal, its tag not first", of::<TagLater>(), false),
        ("adjacent", of::<Adjacent>(), true),
        ("untagged", of::<Untagged>(), true),
        ("map", of::<BTreeMap<String, u8>>(), false),
        ("maps", of::<Maps>(), false),
        ("anything", of::<Anything>(), false),
        ("set", of::<HashSet<u8>>(), false),
        ("list", of::<Vec<Newtype>>(), true),
        ("flat struct", of::<FlatStruct>(), true),
        ("flat enum", of::<FlatEnum>(), false),
        ("flat map", of::<FlatMap>(), false),
        ("odd name", of::<OddName>(), true),
        ("secret", of::<Secret>(), true),
    ]
}

macro_rules! payloads {
    ($($(#[$on:meta])* $kind:ident $name:ident $body:tt)*) => {
        $(
            #[derive(JsonSchema, Serialize, Deserialize)]
            $(#[$on])*
            pub(super) $kind $name $body
        )*
    };
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Unit;

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Newtype(String);

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Tuple(String, u8);

payloads! {
    struct Empty {}

    struct Scalars {
        a: u8,
        b: u64,
        c: i32,
        d: f64,
        e: bool,
        f: String,
        g: Option<String>,
        h: Option<i16>,
        i: (),
        j: [u8; 2],
        k: Option<Vec<bool>>,
    }

    struct Character { c: char }

    /// What is in what.
    struct Nested {
        /// One of them.
        one: Inner,
        more: Vec<Inner>,
        perhaps: Option<Inner>,
        kind: External,
    }

    struct Inner { x: u8, y: Option<u8> }

    struct Defaults {
        #[serde(default)]
        count: u32,
        #[serde(default)]
        names: Vec<String>,
        /// How it is written.
        #[serde(default)]
        plain: Plain,
    }

    #[derive(Default)]
    enum Plain {
        #[default]
        One,
        /// The second.
        Two,
    }

    /// A node.
    struct Recursive {
        value: u8,
        /// What hangs from it.
        children: Vec<Recursive>,
        twin: Option<Box<Recursive>>,
    }

    struct Left { right: Option<Box<Right>> }

    struct Right {
        /// The other side.
        left: Box<Left>
    }

    enum External {
        Unit,
        /// One text.
        Newtype(String),
        Struct { x: u8 },
    }

    #[serde(tag = "kind")]
    enum Internal {
        Unit,
        Struct { x: u8 },
        Newtype(Inner),
    }

    #[serde(tag = "kind")]
    enum TagLater {
        One { amount: u8 },
        Two { amount: u8 },
    }

    #[serde(tag = "by", content = "what")]
    enum Adjacent {
        Unit,
        Newtype(u8),
        Struct { x: u8 },
    }

    #[serde(untagged)]
    enum Untagged {
        Number(u8),
        Text(String),
        Object { x: u8 },
    }

    struct Maps {
        by_name: BTreeMap<String, Inner>,
        by_number: BTreeMap<u32, u8>,
    }

    struct Anything { value: Value }

    struct FlatStruct {
        id: String,
        #[serde(flatten)]
        inner: Inner,
    }

    struct FlatEnum {
        id: String,
        #[serde(flatten)]
        kind: Internal,
    }

    struct FlatMap {
        id: String,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }

    struct OddName {
        #[serde(rename = "naïve key")]
        odd: u8,
    }

    struct Secret {
        #[schemars(extend("x-sensitive" = true))]
        password: String,
    }
}
