//! JSON and quoted text on one line, the same bytes for the same value, with nothing in it that could pass for a line or a
//! sign of ours.

use std::fmt::Write;

use serde_json::Value;

/// A value as JSON: keys sorted, whatever order the map has, and no character that ends a line or does not show.
pub(super) fn json(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    string(text, &mut out);
    out
}

/// What hides, ends a line, or turns the direction of writing is written as its number.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    show(text, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (at, (name, field)) in fields.into_iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                string(name, out);
                out.push(':');
                write(field, out);
            }
            out.push('}');
        }
    }
}

fn string(text: &str, out: &mut String) {
    show(&Value::from(text).to_string(), out);
}

fn show(text: &str, out: &mut String) {
    for c in text.chars() {
        if !hides(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // To a string: it cannot fail.
            _ = write!(out, "\\u{unit:04x}");
        }
    }
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}
