//! A raw value of what was found to be JSON, which is not looked at once more. Knows nothing of how it was found.

use std::iter::once;

use serde::{
    Deserialize, Deserializer,
    de::{
        Visitor,
        value::{Error, MapDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::value::RawValue;

/// The raw value of what [`Token::json`](super::Token::json) gives, which is not checked once more.
///
/// A [`RawValue`] is asked for as `serde_json` gives one: a newtype that a map stands for, of its own name and the text.
/// Should that change, it is checked once more.
pub(crate) fn raw(value: &str) -> Result<Box<RawValue>, serde_json::Error> {
    Box::deserialize(Checked(value)).or_else(|_| RawValue::from_string(value.to_owned()))
}

pub(super) struct Checked<'a>(pub(super) &'a str);

impl<'de> Deserializer<'de> for Checked<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(once((name, self.0.to_owned()))))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}
