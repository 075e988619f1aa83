//! Sets of JSON types, as `type` names them.

use serde_json::Value;

const NAMES: [(&str, &str); 7] = [
    ("null", "null"),
    ("boolean", "a boolean"),
    ("integer", "an integer"),
    ("number", "a number"),
    ("string", "a string"),
    ("array", "a list"),
    ("object", "an object"),
];
const INTEGER: u8 = 1 << 2;
const NUMBER: u8 = 1 << 3;

/// A set of JSON types; a number includes the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const ALL: Self = Self(0x7f);
    pub(crate) const OBJECT: Self = Self(1 << 6);

    /// What a node's `type` says; all if it says nothing.
    pub(crate) fn of_schema(node: &Value) -> Self {
        match node.get("type") {
            Some(Value::String(name)) => Self::named(name),
            Some(Value::Array(names)) => {
                let each = names.iter().filter_map(Value::as_str).map(Self::named);
                Self(each.fold(0, |set, one| set | one.0))
            }
            _ => Self::ALL,
        }
    }

    pub(crate) fn of_value(value: &Value) -> Self {
        Self::named(match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        })
    }

    fn named(name: &str) -> Self {
        let at = NAMES.iter().position(|(known, _)| *known == name);
        let set = at.map_or(0, |at| 1 << at);
        Self(if set == NUMBER { NUMBER | INTEGER } else { set })
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether a value is of these types; a number with a decimal point is no integer.
    #[cfg(feature = "toolkit")]
    pub(crate) fn takes(self, value: &Value) -> bool {
        match value {
            Value::Number(number) if number.is_f64() => self.0 & NUMBER != 0,
            value => !self.and(Self::of_value(value)).is_empty(),
        }
    }

    #[cfg(feature = "toolkit")]
    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn only_integers(self) -> bool {
        self.0 & (NUMBER | INTEGER) == INTEGER
    }

    /// "a string or null".
    pub(crate) fn words(self) -> String {
        if self == Self::ALL {
            return "anything".to_owned();
        }
        let mut names: Vec<_> = NAMES
            .iter()
            .enumerate()
            .filter(|(at, _)| self.0 & (1 << at) != 0 && !(1 << at == INTEGER && self.0 & NUMBER != 0))
            .map(|(_, (_, name))| *name)
            .collect();
        // What it may be instead comes after what it is.
        if names.first() == Some(&"null") {
            names.rotate_left(1);
        }
        names.join(" or ")
    }
}
