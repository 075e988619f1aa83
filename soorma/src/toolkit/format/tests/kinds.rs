//! One payload type of each kind.

use std::collections::{BTreeMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::of;

/// A payload type.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) schema: Value,
    /// Whether OpenAI's strict mode can say it.
    pub(super) strict: bool,
    /// A value of the type, without anything left out.
    pub(super) example: Value,
    /// A value that is none.
    pub(super) wrong: Value,
}

const STRICT: bool = true;
const LOOSE: bool = false;

/// All of them.
pub(super) fn all() -> Vec<Kind> {
    let inner = || json!({"x": 1, "y": 2});
    let recursive =
        || json!({"value": 1, "children": [{"value": 2, "children": [], "twin": null}], "twin": null});
    let scalars = json!({"a": 1, "b": u64::MAX, "c": -1, "d": 0.5, "e": true, "f": "", "g": null, "h": 1, "i": null,
        "j": [1, 2], "k": [false]});
    let mut scalars_wrong = scalars.clone();
    scalars_wrong["a"] = 256.into();
    vec![
        kind::<Empty>("empty", STRICT, json!({}), json!([])),
        kind::<Unit>("unit", STRICT, json!(null), json!({})),
        kind::<Newtype>("newtype", STRICT, json!("a"), json!(1)),
        kind::<Tuple>("tuple", LOOSE, json!(["a", 1]), json!(["a"])),
        kind::<Scalars>("scalars", STRICT, scalars, scalars_wrong),
        kind::<Character>("character", LOOSE, json!({"c": "ü"}), json!({"c": "no"})),
        kind::<Nested>(
            "nested",
            STRICT,
            json!({"one": inner(), "more": [inner()], "perhaps": null, "kind": {"Struct": {"x": 1}}}),
            json!({"one": {}, "more": [inner()], "perhaps": null, "kind": "Unit"}),
        ),
        kind::<Defaults>(
            "defaults",
            STRICT,
            json!({"count": 1, "names": ["a"], "plain": "Two"}),
            json!({"count": 1, "names": ["a"], "plain": "Three"}),
        ),
        kind::<Recursive>(
            "recursive",
            STRICT,
            recursive(),
            json!({"value": 1, "children": [{"value": -1, "children": [], "twin": null}], "twin": null}),
        ),
        kind::<Left>(
            "mutual",
            STRICT,
            json!({"right": {"left": {"right": null}}}),
            json!({"right": {"left": null}}),
        ),
        kind::<Option<Recursive>>("choice", STRICT, recursive(), json!("")),
        kind::<External>("external", STRICT, json!({"Newtype": "a"}), json!({"Newtype": 1})),
        kind::<Internal>(
            "internal",
            STRICT,
            json!({"kind": "Newtype", "x": 1, "y": 2}),
            json!({"kind": "Newtype"}),
        ),
        kind::<TagLater>(
            "tag_later",
            LOOSE,
            json!({"kind": "One", "amount": 1}),
            json!({"kind": "Three", "amount": 1}),
        ),
        kind::<Adjacent>(
            "adjacent",
            STRICT,
            json!({"by": "Newtype", "what": 1}),
            json!({"by": "Newtype", "what": ""}),
        ),
        kind::<Untagged>("untagged", STRICT, json!({"x": 1}), json!(300)),
        kind::<BTreeMap<String, u8>>("map", LOOSE, json!({"a": 1}), json!({"a": ""})),
        kind::<Maps>(
            "maps",
            LOOSE,
            json!({"by_name": {"a": inner()}, "by_number": {"1": 2}}),
            json!({"by_name": {"a": inner()}, "by_number": {"one": 2}}),
        ),
        kind::<Anything>("anything", LOOSE, json!({"value": [1, {}]}), json!({})),
        kind::<Value>("any_json", LOOSE, json!([1, {}]), json!(null)),
        kind::<HashSet<u8>>("set", LOOSE, json!([1, 2]), json!([1, 1])),
        kind::<Vec<Newtype>>("list", STRICT, json!(["a"]), json!([1])),
        kind::<FlatStruct>("flat_struct", STRICT, json!({"id": "a", "x": 1, "y": 2}), json!({"id": "a"})),
        kind::<FlatEnum>(
            "flat_enum",
            LOOSE,
            json!({"id": "a", "kind": "Struct", "x": 1}),
            json!({"id": "a", "kind": "Struct"}),
        ),
        kind::<FlatMap>("flat_map", LOOSE, json!({"id": "a", "b": [1]}), json!({"b": [1]})),
        kind::<OddName>("odd_name", STRICT, json!({"naïve key": 1}), json!({"naïve key": ""})),
        kind::<Secret>("secret", STRICT, json!({"password": "a"}), json!({"password": 1})),
    ]
}

fn kind<T: JsonSchema>(name: &'static str, strict: bool, example: Value, wrong: Value) -> Kind {
    Kind { name, schema: of::<T>(), strict, example, wrong }
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
