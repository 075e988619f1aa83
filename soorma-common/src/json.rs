//! Where a JSON value ends. Owns the grammar of RFC 8259, which it checks as `serde_json` does, and reads no value: that costs a
//! third of what `serde_json` takes to skip one. Knows nothing of envelopes.

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

/// What stands in a text from a place on. What it gives is JSON; `None` is where there is no value.
pub(crate) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is no white space.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// Passes this byte, if it is the next one.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Whether there is nothing more.
    pub(crate) fn is_over(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The key of an object, in its quotation marks, and the colon after it.
    pub(crate) fn key(&mut self) -> Option<&'a str> {
        let key = match self.peek() {
            Some(b'"') => self.value()?,
            _ => return None,
        };
        self.take(b':').then_some(key)
    }

    /// The next value, with nothing around it.
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        self.peek();
        let start = self.at;
        // What is open around `inside`, outermost first.
        let mut outside = Vec::new();
        let mut inside = None;
        loop {
            match self.peek()? {
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                open @ (b'{' | b'[') => {
                    self.at += 1;
                    if !self.take(closing(open)) {
                        outside.extend(inside.replace(open));
                        self.name(open)?;
                        continue;
                    }
                }
                _ => return None,
            }
            // A value has ended, and maybe what it stands in as well.
            loop {
                let Some(open) = inside else { return self.text.get(start..self.at) };
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        self.name(open)?;
                        break;
                    }
                    close if close == closing(open) => {
                        self.at += 1;
                        inside = outside.pop();
                    }
                    _ => return None,
                }
            }
        }
    }

    /// In an object, the name before a value.
    fn name(&mut self, open: u8) -> Option<()> {
        if open == b'{' {
            if self.peek()? != b'"' {
                return None;
            }
            self.string()?;
            return self.take(b':').then_some(());
        }
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        self.at += 1;
        loop {
            self.at += plain(bytes.get(self.at..)?);
            match bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => match bytes.get(self.at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
                    b'u' => {
                        let digits = bytes.get(self.at + 2..self.at + 6)?;
                        if !digits.iter().all(u8::is_ascii_hexdigit) {
                            return None;
                        }
                        self.at += 6;
                    }
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        self.at += usize::from(bytes.get(self.at) == Some(&b'-'));
        match bytes.get(self.at)? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(bytes.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        // After a zero there is no other digit.
        (!bytes.get(self.at).is_some_and(u8::is_ascii_digit)).then_some(())
    }

    /// One digit at least.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.text.as_bytes().get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let found = self.text.as_bytes().get(self.at..)?.starts_with(word.as_bytes());
        self.at += word.len();
        found.then_some(())
    }
}

fn closing(open: u8) -> u8 {
    if open == b'{' { b'}' } else { b']' }
}

/// How many bytes there are before the first one that is special in a string; eight are looked at together.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The lowest bit that this sets is exact: a borrow goes up.
        let below = |limit: u64, word: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
        let special = below(0x20, word)
            | below(1, word ^ (ONES * u64::from(b'"')))
            | below(1, word ^ (ONES * u64::from(b'\\')));
        if special != 0 {
            return place * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    bytes.len() - rest.len() + rest.iter().position(special).unwrap_or(rest.len())
}

/// The raw value of what [`Scan::value`] gave, which is not checked once more.
///
/// A [`RawValue`] is asked for as `serde_json` gives one: a newtype that a map stands for, of its own name and the text.
/// Should that change, it is checked once more.
pub(crate) fn raw(value: &str) -> Result<Box<RawValue>, serde_json::Error> {
    Box::deserialize(Checked(value)).or_else(|_| RawValue::from_string(value.to_owned()))
}

struct Checked<'a>(&'a str);

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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Numbers that are the same each time.
    pub(crate) struct Dice(pub(crate) u64);

    impl Dice {
        pub(crate) fn below(&mut self, limit: usize) -> usize {
            // xorshift64
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as usize % limit
        }

        /// A text with some of its characters replaced, removed, repeated, or the rest of it cut off.
        pub(crate) fn spoilt(&mut self, text: &str) -> String {
            const PIECES: &[char] = &[
                '"', '\\', '{', '}', '[', ']', ',', ':', '0', '9', '-', '.', 'e', 'u', 'n', ' ', '\n',
                '\u{1f}', 'ü', '\u{7f}',
            ];
            let mut chars: Vec<char> = text.chars().collect();
            for _ in 0..=self.below(2) {
                let at = self.below(chars.len().max(1));
                match self.below(8) {
                    _ if chars.is_empty() => {}
                    0 => chars.truncate(at),
                    1 => drop(chars.remove(at)),
                    2 => chars.insert(at, chars[at]),
                    3..5 => chars[at] = PIECES[self.below(PIECES.len())],
                    _ => chars.insert(at, PIECES[self.below(PIECES.len())]),
                }
            }
            chars.into_iter().collect()
        }
    }

    fn value(text: &str) -> Option<&str> {
        let mut scan = Scan::new(text);
        scan.value().filter(|_| scan.is_over())
    }

    #[test]
    fn a_value_ends_where_it_does_for_serde_json() {
        const TEXTS: [&str; 9] = [
            r#"{"sku":"SKU-00001","quantity":2,"price_cents":1001,"tags":["a","b\\\"c"],"none":{},"deep":[[[{"a":[]}]]]}"#,
            r#" [ 1 , -2.5e+10 , 0 , -0 , 0.1E-2 , true , false , null ] "#,
            r#""exactly8""#,
            r#""a longer text, with \u00e9, \n and \\ in it, over several words of eight bytes""#,
            r#""grüß 😀 gott""#,
            "[[[[[[[[[[[]]]]]]]]]]]",
            "-12",
            "null",
            r#"{"":""}"#,
        ];
        let mut dice = Dice(815);
        let mut accepted = 0;
        for round in 0..60_000 {
            let whole = TEXTS[dice.below(TEXTS.len())];
            let text = if round < 1_000 { whole.to_owned() } else { dice.spoilt(whole) };
            let theirs = serde_json::from_str::<&RawValue>(&text).ok().map(RawValue::get);
            assert_eq!(value(&text), theirs, "{text}");
            accepted += usize::from(theirs.is_some());
        }
        assert!((10_000..50_000).contains(&accepted), "{accepted}");
    }

    #[test]
    fn depth_has_no_limit() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(value(&deep), Some(&*deep));
    }

    #[test]
    fn a_raw_value_is_made_of_what_was_checked_without_a_second_look() {
        assert_eq!(raw(r#"{"a": 1}"#).unwrap().get(), r#"{"a": 1}"#);
        let unchecked = Box::<RawValue>::deserialize(Checked("{")).unwrap();
        assert_eq!(unchecked.get(), "{", "`serde_json` has changed: it looks again");
    }
}
