//! Whether two schemas say the same, whatever they call their definitions and however they describe them.

use serde_json::Value;

use super::document::{Document, address, is_annotation};
use crate::sorted::Sorted;

/// How deep two schemas are compared; below, they count as different.
const DEEPEST: usize = 200;

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
            (Self::Data | Self::Set, _) | (Self::Schema, "const") => Self::Data,
            (Self::Schema, "properties" | "patternProperties" | "dependentSchemas") => Self::Names,
            (Self::Schema, "enum" | "required" | "type") => Self::Set,
            (Self::Schema | Self::Names, _) => Self::Schema,
        }
    }
}

pub(super) fn same<'a>(docs: [Document<'a>; 2], one: &'a Value, two: &'a Value) -> bool {
    Search { docs, assumed: Sorted::default() }.same(Kind::Schema, [one, two], 0)
}

struct Search<'a> {
    docs: [Document<'a>; 2],
    /// Pairs that are being compared, or were found to be the same: what refers to itself must end.
    assumed: Sorted<[usize; 2]>,
}

impl<'a> Search<'a> {
    fn same(&mut self, kind: Kind, pair: [&'a Value; 2], depth: usize) -> bool {
        if depth > DEEPEST {
            return false;
        }
        match pair {
            [Value::Object(one), Value::Object(two)] => {
                let counts = |key: &&String| kind != Kind::Schema || !is_annotation(key);
                two.keys().filter(counts).all(|key| one.contains_key(key))
                    && one.keys().filter(counts).all(|key| match (one.get(key), two.get(key)) {
                        (Some(one), Some(two)) if kind == Kind::Schema && key == "$ref" => {
                            self.same_target([one, two], depth)
                        }
                        (Some(one), Some(two)) => self.same(kind.of_member(key), [one, two], depth + 1),
                        _ => false,
                    })
            }
            [Value::Array(one), Value::Array(two)] if kind == Kind::Set => {
                one.iter().all(|value| two.contains(value)) && two.iter().all(|value| one.contains(value))
            }
            [Value::Array(one), Value::Array(two)] => {
                one.len() == two.len()
                    && one.iter().zip(two).all(|(one, two)| self.same(kind, [one, two], depth + 1))
            }
            [one, two] => one == two,
        }
    }

    fn same_target(&mut self, references: [&'a Value; 2], depth: usize) -> bool {
        let target = |at: usize| references[at].as_str().and_then(|name| self.docs[at].target(name));
        let (Some(one), Some(two)) = (target(0), target(1)) else { return false };
        !self.assumed.add([address(one), address(two)]) || self.same(Kind::Schema, [one, two], depth + 1)
    }
}
