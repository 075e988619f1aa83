//! Random schemas and values: what is taken is taken by a JSON Schema validator too, and no secret is told.

use serde_json::Value;

use super::super::Validator;
use crate::schema::tests::random::Random;

#[test]
fn what_is_taken_json_schema_takes_too() {
    let mut random = Random(0xfeed);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..2000 {
        let schema = random.document();
        let other = random.near(&schema);
        let (ours, reference) =
            (Validator::new(&schema).unwrap(), jsonschema::validator_for(&schema).unwrap());
        for _ in 0..10 {
            for source in [&schema, &other] {
                let value = random.value(source, source, 3);
                let found = ours.validate(&value);
                if found.is_ok() {
                    taken += 1;
                    assert!(reference.is_valid(&value), "{value}\nis not of {schema}");
                } else {
                    refused += 1;
                }
            }
        }
    }
    assert!(taken > 5000 && refused > 2500, "{taken} {refused}");
}

#[test]
fn no_secret_is_told_for_any_schema() {
    const MARK: &str = "s3cr3t";
    let mut random = Random(0xbeef);
    let mut refused = 0;
    for _ in 0..2000 {
        let mut schema = random.document();
        schema["x-sensitive"] = true.into();
        let wrapped = serde_json::json!({"type": "object", "properties": {"in": {"anyOf": [
            {"type": "array", "items": {"$ref": "#/$defs/S"}}, {"$ref": "#/$defs/S"}]}}, "$defs": {"D": schema["$defs"]["D"], "S": schema}});
        let validator = Validator::new(&wrapped).unwrap();
        let mut value = random.value(&schema, &schema, 3);
        mark(&mut value, MARK);
        for value in [value.clone(), Value::Array(vec![value.clone()]), serde_json::json!({MARK: value})] {
            if let Err(found) = validator.validate(&serde_json::json!({"in": value})) {
                refused += 1;
                let text = format!("{found}{found:?}");
                assert!(!text.contains(MARK), "{value}\n{wrapped}\n{text}");
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

/// Puts the mark in place of every scalar.
fn mark(value: &mut Value, text: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| mark(item, text)),
        Value::Object(fields) => fields.values_mut().for_each(|field| mark(field, text)),
        scalar => *scalar = text.into(),
    }
}
