//! What tells two schemas apart: no value fits both.

use serde_json::Value;

use crate::schema::{Types, strings};

/// Whether nothing that the strict schema takes is taken by the other one.
pub(super) fn apart(strict: &Value, other: &Value) -> bool {
    if Types::of_schema(strict).and(Types::of_schema(other)).is_empty() {
        return true;
    }
    if let (Some(ones), Some(twos)) = (values(strict), values(other)) {
        return !ones.iter().any(|one| twos.iter().any(|two| equal(one, two)));
    }
    let fields = |node: &'_ Value| node.get("properties").and_then(Value::as_object).cloned();
    let Some(ours) = fields(strict).filter(|_| Types::of_schema(strict) == Types::OBJECT) else {
        return false;
    };
    // All fields of the strict one are there, and no others.
    let lacks = strings(other, "required").into_iter().any(|name| !ours.contains_key(name));
    let theirs = fields(other).unwrap_or_default();
    let differs =
        |name: &String| ours.get(name).zip(theirs.get(name)).is_some_and(|(one, two)| apart(one, two));
    let refuses = other.get("additionalProperties") == Some(&Value::Bool(false))
        && other.get("patternProperties").is_none()
        && ours.keys().any(|name| !theirs.contains_key(name));
    lacks || refuses || ours.keys().any(differs)
}

/// Whether a strict schema takes `null`.
pub(super) fn nullable(strict: &Value) -> bool {
    if let Some(list) = strict.get("anyOf").and_then(Value::as_array) {
        return list.iter().any(nullable);
    }
    strict.get("type").is_some()
        && Types::of_schema(strict).takes(&Value::Null)
        && strict.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(&Value::Null))
}

fn values(node: &Value) -> Option<&[Value]> {
    let single = node.get("const").map(std::slice::from_ref);
    single.or_else(|| Some(node.get("enum")?.as_array()?.as_slice()))
}

/// As JSON Schema has it: `1` is `1.0`.
fn equal(one: &Value, two: &Value) -> bool {
    one == two || one.as_f64().is_some() && one.as_f64() == two.as_f64()
}
