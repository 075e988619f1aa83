//! Values that are large, deep, or made to cost time.

use serde_json::{Map, Value, json};

use super::{super::Validator, told_by};

#[test]
fn a_value_of_ten_thousand_levels_is_refused_by_its_depth() {
    let validator =
        Validator::new(&json!({"$ref": "#/$defs/A", "$defs": {"A": {"items": {"$ref": "#/$defs/A"}}}}))
            .unwrap();
    let mut value = Value::Null;
    for _ in 0..10_000 {
        value = Value::Array(vec![value]);
    }
    assert_eq!(told_by(&validator, &value), ["(root): nested too deep; expected at most 128 levels"]);
}

#[test]
fn large_texts_are_cut() {
    let validator =
        Validator::new(&json!({"type": "object", "properties": {"a": {"type": "integer"}}})).unwrap();
    let large = "ü".repeat(5_000_000);
    let found = validator.validate(&json!({"a": large, (large.as_str()): 1})).unwrap_err();
    assert_eq!(found.total(), 2);
    assert!(found.to_string().len() < 1000);
    assert!(found.iter().all(|violation| violation.path.len() < 200 && violation.given.len() < 200));
}

#[test]
fn output_is_bounded_and_the_rest_is_counted() {
    let validator = Validator::new(&json!({"items": {"type": "null"}})).unwrap();
    let found = validator.validate(&json!(vec!["x".repeat(100); 100_000])).unwrap_err();
    assert_eq!((found.total(), found.iter().count()), (100_000, 1000));
    let text = found.to_string();
    assert!(text.len() < 5000 && text.lines().count() == 22, "{text}");
    assert!(text.ends_with("and 99980 more"), "{text}");
    let keys: Map<_, _> = (0..100_000).map(|at| (format!("{at:0>60}"), Value::Null)).collect();
    let validator =
        Validator::new(&json!({"type": "object", "properties": {"a": {}}, "required": ["a", "b"]})).unwrap();
    assert_eq!(validator.validate(&keys.into()).unwrap_err().total(), 100_002);
}

#[test]
fn untagged_enums_inside_each_other_do_not_cost_all_ways_to_read_them() {
    let node = json!({"anyOf": [
        {"type": "object", "properties": {"n": {"$ref": "#/$defs/A"}, "x": {"type": "null"}}},
        {"type": "object", "properties": {"n": {"$ref": "#/$defs/A"}, "y": {"type": "null"}}},
        {"type": "string"}]});
    let validator = Validator::new(&json!({"$ref": "#/$defs/A", "$defs": {"A": node}})).unwrap();
    let mut value = json!(1);
    for _ in 0..60 {
        value = json!({"n": value});
    }
    assert_eq!(told_by(&validator, &value), ["(root): too many ways to read it; expected a plainer value"]);
}
