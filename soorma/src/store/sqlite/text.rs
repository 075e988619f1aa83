//! Keys and values as people read them in the file. Owns the escapes; must not know the tables.

use std::fmt::Write;

use rusqlite::{
    ToSql,
    types::{ToSqlOutput, ValueRef},
};

use crate::store::Key;

const BETWEEN: char = '/';
/// The character after [`BETWEEN`]: what lies below a key is before it.
const AFTER_BETWEEN: char = '0';
const MARK: char = '%';

/// `memory/tenant-1/last order`.
pub(super) fn text(key: &Key) -> String {
    let mut text = String::new();
    for (i, segment) in key.segments().enumerate() {
        if i > 0 {
            text.push(BETWEEN);
        }
        for char in segment.chars() {
            if char == BETWEEN || char == MARK || char.is_control() {
                for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing into a string cannot fail.
                    let _ = write!(text, "{MARK}{byte:02X}");
                }
            } else {
                text.push(char);
            }
        }
    }
    text
}

/// The key of such a text; `None` for one that somebody else wrote and that is none of ours.
pub(super) fn key(written: &str) -> Option<Key> {
    let mut segments = written.split(BETWEEN).map(unescape);
    let first = Key::from([segments.next()??]);
    let key = segments.try_fold(first, |key, segment| Some(key.join(segment?)))?;
    (text(&key) == written).then_some(key)
}

fn unescape(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if char::from(byte) == MARK {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// A key and everything below it, as texts: the key itself, and the two that what lies below is between.
pub(super) struct Below {
    pub(super) itself: String,
    pub(super) from: String,
    pub(super) to: String,
}

impl Below {
    pub(super) fn of(prefix: &Key) -> Self {
        let itself = text(prefix);
        Self { from: format!("{itself}{BETWEEN}"), to: format!("{itself}{AFTER_BETWEEN}"), itself }
    }
}

/// A value as it stands in the file: text where it is one, so that people can read JSON.
pub(super) enum Value {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        // SQLite's tools end a text at the first zero.
        match String::from_utf8(value) {
            Ok(text) if !text.contains('\0') => Self::Text(text),
            Ok(text) => Self::Bytes(text.into_bytes()),
            Err(error) => Self::Bytes(error.into_bytes()),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The bytes of a value; `None` where there is none.
pub(super) fn bytes(value: ValueRef<'_>) -> Option<Vec<u8>> {
    Some(match value {
        ValueRef::Null => return None,
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
        // A number that a person has put there.
        ValueRef::Integer(number) => number.to_string().into_bytes(),
        ValueRef::Real(number) => number.to_string().into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 14] = [
        "",
        "a",
        "a b",
        "a/b",
        "%",
        "%2F",
        "\u{0}",
        "\u{1}",
        "\u{1}\u{2}",
        "\u{0}\u{1}\u{3}",
        "größe",
        "a!",
        "a0",
        "\u{85}",
    ];

    #[test]
    fn keys_of_any_text_are_read_back_and_what_is_below_is_between() {
        let mut keys: Vec<Key> = TEXTS.iter().map(|one| Key::from([one])).collect();
        for one in TEXTS {
            keys.extend(TEXTS.iter().map(|two| Key::from([one, two])));
        }
        for one in &keys {
            let written = text(one);
            assert_eq!(key(&written).as_ref(), Some(one), "{written}");
            assert!(!written.contains(char::is_control), "{written:?}");
            let Below { itself, from, to } = Below::of(one);
            for other in &keys {
                let written = text(other);
                let is_below = written == itself || (written >= from && written < to);
                assert_eq!(is_below, other.starts_with(one), "{other:?} below {one:?}");
            }
        }
    }

    #[test]
    fn a_key_reads_as_it_was_written_and_has_one_spelling() {
        assert_eq!(
            text(&Key::from(["memory", "tenant-1", "last order: 5 %"])),
            "memory/tenant-1/last order: 5 %25"
        );
        for foreign in ["%41", "%2f", "a%", "%zz", "%C3", "a\nb"] {
            assert_eq!(key(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_value_is_text_where_people_can_read_it() {
        for (value, is_text) in [(&b"{}"[..], true), (b"", true), (b"a\0b", false), (b"\xff", false)] {
            assert_eq!(matches!(Value::from(value.to_vec()), Value::Text(_)), is_text, "{value:?}");
        }
    }
}
