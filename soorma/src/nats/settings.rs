//! Settings as the server echoes them, beside those that were asked for.

use serde_json::{Map, Value};

/// A setting that is another than ours: its name, what was found, what we choose.
pub(crate) struct Difference {
    pub(crate) setting: String,
    pub(crate) found: Value,
    pub(crate) chosen: Value,
}

/// The settings among `chosen` that are others in `found`. What `found` has besides is not ours to judge.
pub(crate) fn differences(chosen: &Map<String, Value>, found: &Map<String, Value>) -> Vec<Difference> {
    let mut all = Vec::new();
    for (setting, chosen) in chosen {
        let found = found.get(setting).cloned().unwrap_or(Value::Null);
        let same = match (chosen, &found) {
            // The server adds entries of its own.
            (Value::Object(ours), Value::Object(theirs)) => differences(ours, theirs).is_empty(),
            // It leaves out what is zero or false.
            (chosen, Value::Null) => is_nothing(chosen),
            (chosen, found) => chosen == found,
        };
        if !same {
            all.push(Difference { setting: setting.clone(), found, chosen: chosen.clone() });
        }
    }
    all
}

/// What was found, with ours in its place.
pub(crate) fn overlaid(found: &Map<String, Value>, chosen: &Map<String, Value>) -> Map<String, Value> {
    let mut all = found.clone();
    for (setting, chosen) in chosen {
        match (all.get_mut(setting), chosen) {
            (Some(Value::Object(theirs)), Value::Object(ours)) => theirs.extend(ours.clone()),
            _ => {
                all.insert(setting.clone(), chosen.clone());
            }
        }
    }
    all
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(value) => value.as_i64() == Some(0),
        Value::String(value) => value.is_empty(),
        Value::Array(value) => value.is_empty(),
        Value::Object(value) => value.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_found_and_what_the_server_adds_is_not() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let chosen = map(json!({"a": 1, "b": false, "c": [1], "d": {"ours": "x"}, "e": "new"}));
        let found = map(json!({"a": 2, "c": [1], "d": {"ours": "x", "_nats.ver": "2"}, "z": 9}));
        let names: Vec<_> = differences(&chosen, &found).into_iter().map(|one| one.setting).collect();
        assert_eq!(names, ["a", "e"]);
        assert!(differences(&chosen, &overlaid(&found, &chosen)).is_empty());
        assert_eq!(overlaid(&found, &chosen)["d"]["_nats.ver"], "2");
    }
}
