//! Any text as one token of a subject, and back.

use std::fmt::Write;

/// One token: bytes outside `[A-Za-z0-9_-]` become the mark and two hex digits, an empty text the mark alone.
///
/// The mark is `%` in subjects, and `=` in keys of a KV bucket, where `%` is not allowed.
pub(crate) fn escape(text: &str, mark: char, into: &mut String) {
    if text.is_empty() {
        into.push(mark);
    }
    for byte in text.bytes() {
        if is_plain(byte) {
            into.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(into, "{mark}{byte:02X}");
        }
    }
}

/// Whether a byte stands for itself.
pub(crate) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// The text of a token; `None` where [`escape`] does not write it so.
pub(crate) fn unescape(token: &str, mark: char) -> Option<String> {
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.bytes();
    let empty = token.len() == mark.len_utf8() && token.starts_with(mark);
    while !empty && let Some(byte) = rest.next() {
        bytes.push(if char::from(byte) == mark {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?
        } else {
            byte
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    let mut again = String::with_capacity(token.len());
    escape(&text, mark, &mut again);
    (again == token).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH_WAYS: [(&str, &str); 8] = [
        ("placed", "placed"),
        ("Placed_2-x", "Placed_2-x"),
        ("", "%"),
        ("a b", "a%20b"),
        ("*", "%2A"),
        (">", "%3E"),
        ("%", "%25"),
        ("größe", "gr%C3%B6%C3%9Fe"),
    ];

    #[test]
    fn any_text_is_a_token_and_is_read_back() {
        for (text, token) in BOTH_WAYS {
            let mut escaped = String::new();
            escape(text, '%', &mut escaped);
            assert_eq!(escaped, token);
            assert_eq!(unescape(token, '%').as_deref(), Some(text));
        }
    }

    #[test]
    fn a_token_has_one_spelling() {
        for foreign in ["", "a b", "%2a", "%41", "a%", "%zz", "%C3", "größe", "+1"] {
            assert_eq!(unescape(foreign, '%'), None, "{foreign}");
        }
    }
}
