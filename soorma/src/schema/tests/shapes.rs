//! Schemas that no derive writes.

use serde_json::json;

use super::lines;

#[test]
fn closed_objects_take_no_new_field() {
    let with = |fields: serde_json::Value, rest: serde_json::Value| json!({"type": "object", "properties": fields, "additionalProperties": rest});
    let a = json!({"a": {"type": "string"}});
    let ab = json!({"a": {"type": "string"}, "b": {"type": "string"}});
    for (old, new, expected) in [
        (
            with(a.clone(), false.into()),
            with(ab.clone(), false.into()),
            vec![
                "/b: `b` is a field of an object that takes no others now (breaks consumers of the old form)",
            ],
        ),
        (
            with(ab.clone(), false.into()),
            with(a.clone(), false.into()),
            vec![
                "/b: `b` is no longer a field of an object that takes no others (breaks consumers of the new form)",
            ],
        ),
        (
            json!({"type": "object", "properties": a}),
            with(a.clone(), false.into()),
            vec!["(root): the value no longer takes other fields (breaks consumers of the new form)"],
        ),
        (
            with(a.clone(), false.into()),
            json!({"type": "object", "properties": a}),
            vec!["(root): the value takes other fields now (breaks consumers of the old form)"],
        ),
    ] {
        assert_eq!(lines(&old, &new), expected);
    }
}

#[test]
fn what_cannot_be_decided_is_named() {
    for (old, new) in [
        (json!({"not": {"type": "string"}}), json!({"not": {"type": "null"}})),
        (json!({"if": {"type": "string"}}), json!({})),
        (json!({"contains": {"type": "string"}}), json!({"contains": {"type": "null"}})),
        (json!({"allOf": [{"type": "string"}]}), json!({"type": "string"})),
        (
            json!({"anyOf": [{"minimum": 1}, {"maximum": 5}]}),
            json!({"oneOf": [{"minimum": 1}, {"maximum": 5}, {"type": "null"}]}),
        ),
        (json!({"newWord": 1}), json!({"newWord": 2})),
        (json!({"const": {"title": "a"}}), json!({"const": {"title": "b"}})),
        (json!({"patternProperties": {"^a": true}}), json!({"patternProperties": {"^b": true}})),
        (json!({"propertyNames": {"maxLength": 1}}), json!({"propertyNames": {"maxLength": 2}})),
        (json!({"$ref": "https://example.com/a"}), json!({"$ref": "https://example.com/a"})),
        (json!(false), json!({})),
        (
            json!({"oneOf": [{"minimum": 1}, {"maximum": 5}]}),
            json!({"oneOf": [{"minimum": 2}, {"maximum": 5}]}),
        ),
    ] {
        assert!(!lines(&old, &new).is_empty(), "{old} and {new}");
    }
}

#[test]
fn data_and_fields_may_be_called_like_words_of_json_schema() {
    let with = |ty: &str| json!({"type": "object", "properties": {"title": {"type": ty}, "properties": {"title": "x"}}});
    assert_eq!(
        lines(&with("string"), &with("integer")),
        ["/title: `title` was a string and is an integer now (breaks consumers of either form)"]
    );
}
