//! How large and how deep a value is: asked before anything walks into it.

use serde_json::Value;

use super::Violation;

/// As deep as `serde_json` parses.
const DEEPEST: usize = 128;

/// How many values there are in a value, itself included.
pub(super) fn nodes(value: &Value) -> Result<u64, Violation> {
    let mut open = vec![(value, 0)];
    let mut nodes = 0;
    while let Some((value, depth)) = open.pop() {
        if depth > DEEPEST {
            let expected = format!("at most {DEEPEST} levels");
            return Err(Violation::new(String::new(), "depth", "nested too deep".to_owned(), expected, None));
        }
        nodes += 1;
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => open.extend(fields.values().map(|field| (field, depth + 1))),
            _ => {}
        }
    }
    Ok(nodes)
}
