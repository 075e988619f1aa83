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

/// A value, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// The whole of it, and nothing around it.
    pub(crate) json: &'a str,
    /// Where it is a string without escapes: what stands between its quotation marks.
    pub(crate) text: Option<&'a str>,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Passes this byte, if it is the next one that is no white space.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        self.at = past_space(self.text.as_bytes(), self.at);
        let found = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    /// Whether there is nothing more.
    pub(crate) fn is_over(&mut self) -> bool {
        past_space(self.text.as_bytes(), self.at) == self.text.len()
    }

    /// The key of an object, and the colon after it.
    pub(crate) fn key(&mut self) -> Option<Token<'a>> {
        let key = self.value()?;
        (key.json.starts_with('"') && self.take(b':')).then_some(key)
    }

    /// The next value.
    pub(crate) fn value(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        let start = past_space(bytes, self.at);
        if bytes.get(start) == Some(&b'"') {
            let (end, is_plain) = past_string(bytes, start)?;
            self.at = end;
            let text = if is_plain { self.text.get(start + 1..end - 1) } else { None };
            return Some(Token { json: self.text.get(start..end)?, text });
        }
        self.at = past_value(bytes, start)?;
        Some(Token { json: self.text.get(start..self.at)?, text: None })
    }
}

/// All of these take a place, and give the one after what they pass. This is where an event's data is looked at, so what is met at
/// every turn is inlined, and what is rare is not.
fn past_value(bytes: &[u8], mut at: usize) -> Option<usize> {
    // What is open around `inside`, outermost first.
    let mut outside = Vec::new();
    let mut inside = 0;
    loop {
        let byte;
        (at, byte) = token(bytes, at)?;
        at = match byte {
            b'"' => past_string(bytes, at)?.0,
            b'0'..=b'9' | b'-' => past_number(bytes, at)?,
            b'{' | b'[' => {
                let (next, first) = token(bytes, at + 1)?;
                if first == closing(byte) {
                    next + 1
                } else {
                    if inside != 0 {
                        outside.push(inside);
                    }
                    inside = byte;
                    at = if inside == b'{' { past_name(bytes, next)? } else { next };
                    continue;
                }
            }
            _ => past_word(bytes, at)?,
        };
        // A value has ended, and maybe what it stands in as well.
        loop {
            if inside == 0 {
                return Some(at);
            }
            let (end, byte) = token(bytes, at)?;
            at = end + 1;
            if byte == b',' {
                if inside == b'{' {
                    at = past_name(bytes, at)?;
                }
                break;
            }
            if byte != closing(inside) {
                return None;
            }
            inside = outside.pop().unwrap_or(0);
        }
    }
}

fn closing(open: u8) -> u8 {
    // As ASCII has them, two further on.
    open + 2
}

/// The next byte that is no white space, and where it is.
#[inline(always)]
fn token(bytes: &[u8], at: usize) -> Option<(usize, u8)> {
    let byte = *bytes.get(at)?;
    if byte > b' ' {
        return Some((at, byte));
    }
    let at = past_space(bytes, at);
    Some((at, *bytes.get(at)?))
}

#[inline(never)]
fn past_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The name of the next value in an object.
#[inline(always)]
fn past_name(bytes: &[u8], at: usize) -> Option<usize> {
    let (start, mark) = token(bytes, at)?;
    if mark != b'"' {
        return None;
    }
    let (end, _) = past_string(bytes, start)?;
    let (colon, mark) = token(bytes, end)?;
    (mark == b':').then_some(colon + 1)
}

/// And whether it has no escapes. It begins with its quotation mark.
#[inline(always)]
fn past_string(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let at = special(bytes, start + 1);
    match bytes.get(at)? {
        b'"' => Some((at + 1, true)),
        _ => Some((past_escapes(bytes, at)?, false)),
    }
}

/// The rest of a string, from the first escape on.
#[inline(never)]
fn past_escapes(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at + 2,
                b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => at + 6,
                _ => return None,
            },
            _ => return None,
        };
        at = special(bytes, at);
    }
}

/// The first byte that is special in a string: what ends it, an escape, or what must be one. Eight are looked at together.
#[inline(always)]
fn special(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*word);
        // Turned over by two, a quotation mark is the first after what is below a blank. The lowest bit that is set is exact: a
        // borrow goes up.
        let ends = (word ^ (ONES * 2)).wrapping_sub(ONES * 0x21);
        let escapes = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
        let found = (ends | escapes) & !word & HIGH;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    special_at_end(bytes, at)
}

#[inline(never)]
fn special_at_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at)
        && !(*byte < 0x20 || matches!(byte, b'"' | b'\\'))
    {
        at += 1;
    }
    at
}

fn past_number(bytes: &[u8], mut at: usize) -> Option<usize> {
    at += usize::from(bytes[at] == b'-');
    at = match bytes.get(at)? {
        b'0' => at + 1,
        _ => past_digits(bytes, at)?,
    };
    if bytes.get(at) == Some(&b'.') {
        at = past_digits(bytes, at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        at = past_digits(bytes, at)?;
    }
    // After a zero there is no other digit.
    (!bytes.get(at).is_some_and(u8::is_ascii_digit)).then_some(at)
}

/// One digit at least.
fn past_digits(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    (at > start).then_some(at)
}

fn past_word(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word.as_bytes()))?;
    Some(at + word.len())
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
        scan.value().filter(|_| scan.is_over()).map(|found| found.json)
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
