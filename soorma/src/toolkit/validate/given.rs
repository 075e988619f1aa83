//! What came, as it is told: cut, on one line, and such that no text inside of it can pass for a line of ours.

use serde_json::Value;

/// How many characters of a value are told.
const LONGEST: usize = 80;

/// A text without anything that ends a line or reorders it, cut.
pub(in crate::toolkit) fn text(text: &str) -> String {
    cut(text, LONGEST)
}

pub(super) fn cut(text: &str, longest: usize) -> String {
    let mut chars = text.chars();
    let mut told = String::new();
    for letter in chars.by_ref().take(longest) {
        if letter.is_control() || reorders(letter) {
            told.extend(letter.escape_unicode());
        } else {
            told.push(letter);
        }
    }
    if chars.next().is_some() {
        told.push_str("..");
    }
    told
}

/// A value that may be told: scalars as JSON, of everything else only what it is.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::String(string) => {
            // Cut first: a string may be megabytes long.
            let end = string.char_indices().nth(LONGEST).map_or(string.len(), |(at, _)| at);
            let quoted = string[..end].replace('\\', "\\\\").replace('"', "\\\"");
            let dots = if end < string.len() { ".." } else { "" };
            format!("\"{}\"{dots}", cut(&quoted, usize::MAX))
        }
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
        scalar => scalar.to_string(),
    }
}

/// Invisible letters that end a line or turn the writing direction.
fn reorders(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
