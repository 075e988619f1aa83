//! Exact texts, case by case.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{super::SchemaError, Validator, told, told_by};

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code)]
pub(super) struct Order {
    order_id: String,
    quantity: u8,
    status: Option<Status>,
    note: Option<String>,
    total: Option<u32>,
    tags: Option<Vec<String>>,
    ship: Option<Ship>,
    pay: Option<Pay>,
    pick: Option<Pick>,
    counts: Option<BTreeMap<u32, u8>>,
    any: Option<Value>,
}

#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Open,
    /// Never came.
    Lost,
}

#[derive(JsonSchema, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
#[expect(dead_code)]
pub(super) enum Ship {
    Post { zip: String },
    Courier { name: String, phone: Option<String> },
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code)]
pub(super) enum Pay {
    Cash,
    Card { number: String },
    Credit(u16),
}

#[derive(JsonSchema, Deserialize)]
#[serde(untagged)]
#[expect(dead_code)]
pub(super) enum Pick {
    Number(u8),
    Point { x: i32, y: i32 },
    Named { name: String },
}

fn with(name: &str, value: Value) -> Value {
    json!({"order_id": "o", "quantity": 1, name: value})
}

#[test]
fn each_violation_is_one_line() {
    let cases = [
        (json!({}), vec!["/order_id: missing; expected a string", "/quantity: missing; expected an integer"]),
        (json!([]), vec!["(root): a list of 0; expected an object"]),
        (json!("{\"order_id\": 1}"), vec![r#"(root): "{\"order_id\": 1}"; expected an object"#]),
        (
            json!({"order_ID": "o", "quantity": 1}),
            vec![
                "/order_ID: an unknown key; expected `order_id`, which is required; did you mean `order_id`?",
            ],
        ),
        (with("quantity", json!("3")), vec![r#"/quantity: "3"; expected an integer"#]),
        (with("quantity", json!(1.0)), vec!["/quantity: 1.0; expected an integer, without a decimal point"]),
        (with("quantity", json!(300)), vec!["/quantity: 300; expected at most 255"]),
        (with("quantity", json!(-1)), vec!["/quantity: -1; expected at least 0"]),
        (with("total", json!(4_294_967_296_u64)), vec!["/total: 4294967296; expected from 0 to 4294967295"]),
        (with("total", json!(true)), vec!["/total: true; expected an integer or null"]),
        (
            with("status", json!("lots")),
            vec![r#"/status: "lots"; expected one of "open", "lost"; did you mean `lost`?"#],
        ),
        (with("status", json!(5)), vec![r#"/status: 5; expected one of "open", "lost" or null"#]),
        (with("tags", json!(["a", 2])), vec!["/tags/1: 2; expected a string"]),
        (
            with("ship", json!({"by": "pots", "zip": "1"})),
            vec![r#"/ship/by: "pots"; expected one of "post", "courier"; did you mean `post`?"#],
        ),
        (with("ship", json!({"zip": "1"})), vec![r#"/ship/by: missing; expected one of "post", "courier""#]),
        (with("ship", json!({"by": "post"})), vec!["/ship/zip: missing; expected a string"]),
        (
            with("ship", json!({"by": "courier", "name": "x", "phones": "1"})),
            vec!["/ship/phones: an unknown key; expected no other keys than `phone`; did you mean `phone`?"],
        ),
        (
            with("pay", json!({"Crad": {"number": "1"}})),
            vec![
                "/pay/Crad: an unknown key; expected an object with one of `Card`, `Credit`; did you mean `Card`?",
            ],
        ),
        (with("pay", json!({"Card": {"number": 1}})), vec!["/pay/Card/number: 1; expected a string"]),
        (with("pay", json!({"Credit": 70000})), vec!["/pay/Credit: 70000; expected at most 65535"]),
        (with("pay", json!("cash")), vec![r#"/pay: "cash"; expected "Cash"; did you mean `Cash`?"#]),
        (with("pick", json!({"x": 1, "y": "2"})), vec![r#"/pick/y: "2"; expected an integer"#]),
        (with("pick", json!("x")), vec![r#"/pick: "x"; expected an integer or an object or null"#]),
        (with("counts", json!({"a": 1})), vec!["/counts/a: an unknown key; expected no other keys"]),
        (with("counts", json!({"1": 256})), vec!["/counts/1: 256; expected at most 255"]),
        (
            with("extra", json!({"deep": 1})),
            vec![
                "/extra: an unknown key; expected no other keys than one of `any`, `counts`, `note`, `pay`, `pick`, \
                 `ship`, `status`, `tags`, `total`",
            ],
        ),
    ];
    for (value, expected) in cases {
        assert_eq!(told::<Order>(&value), expected, "{value}");
    }
}

#[test]
fn what_fits_is_taken() {
    for value in [
        json!({"order_id": "o", "quantity": 255, "note": null}),
        with("status", json!("lost")),
        with("status", json!(null)),
        with("ship", json!({"by": "courier", "name": "x"})),
        with("pay", json!("Cash")),
        with("pay", json!({"Credit": 1})),
        with("pick", json!(3)),
        with("pick", json!({"name": "n"})),
        with("counts", json!({"1": 2})),
        with("any", json!({"x": [1, {"y": 1.0}]})),
    ] {
        assert_eq!(told::<Order>(&value), [""; 0], "{value}");
        serde_json::from_value::<Order>(value).unwrap();
    }
}

#[test]
fn a_flattened_enum_declares_the_keys_of_its_variant() {
    #[derive(JsonSchema)]
    #[expect(dead_code)]
    struct Sent {
        id: u8,
        #[serde(flatten)]
        ship: Ship,
    }
    assert_eq!(told::<Sent>(&json!({"id": 1, "by": "post", "zip": "1"})), [""; 0]);
    assert_eq!(
        told::<Sent>(&json!({"id": 1, "by": "post", "zip": "1", "name": "x"})),
        ["/name: an unknown key; expected no other keys"]
    );
}

#[test]
fn a_text_inside_a_value_cannot_pass_for_a_line() {
    let value = with("quantity", json!("1\n/order_id: \"x\"\u{2028}\u{202e}\u{7}"));
    assert_eq!(
        told::<Order>(&value),
        [r#"/quantity: "1\u{a}/order_id: \"x\"\u{2028}\u{202e}\u{7}"; expected an integer"#]
    );
    let value = with("a\nb", json!(1));
    assert!(told::<Order>(&value)[0].starts_with(r"/a\u{a}b: an unknown key"));
}

#[test]
fn what_cannot_be_checked_is_refused_at_the_start() {
    let refused = |schema: Value| Validator::new(&schema).unwrap_err();
    assert_eq!(
        refused(json!({"$ref": "https://example.com/a"})),
        SchemaError::Reference("https://example.com/a".into())
    );
    assert_eq!(refused(json!({"$ref": "file:///a"})), SchemaError::Reference("file:///a".into()));
    assert_eq!(refused(json!({"$ref": "#/$defs/A"})), SchemaError::Reference("#/$defs/A".into()));
    assert_eq!(
        refused(json!({"$ref": "#/$defs/A", "$defs": {"A": {"allOf": [{"$ref": "#/$defs/A"}]}}})),
        SchemaError::Circle("#/$defs/A".into())
    );
    assert_eq!(refused(json!({"items": {"contains": true}})), SchemaError::Keyword("contains".into()));
    assert!(matches!(refused(json!({"pattern": "("})), SchemaError::Pattern { .. }));
    let mut deep = json!({});
    for _ in 0..1_000 {
        deep = Value::Object([("items".to_owned(), deep)].into_iter().collect());
    }
    assert_eq!(refused(deep), SchemaError::Depth);
}

#[test]
fn a_schema_by_hand_is_checked_as_json_schema_says() {
    for (schema, taken, refused) in [
        (json!({"not": {"type": "string"}}), json!(1), json!("a")),
        (json!({"multipleOf": 0.1}), json!(0.3), json!(0.35)),
        (json!({"pattern": "^a"}), json!("ab"), json!("b")),
        (json!({"uniqueItems": true}), json!([1, 2]), json!([1, 1])),
        (json!({"exclusiveMinimum": 1}), json!(2), json!(1)),
        (json!({"minProperties": 1}), json!({"a": 1}), json!({})),
        (json!({"prefixItems": [{"type": "null"}], "items": false}), json!([null]), json!([null, 1])),
        (json!({"oneOf": [{"minimum": 1}, {"maximum": 5}]}), json!(0), json!(3)),
        (json!({"const": {"a": 1}}), json!({"a": 1}), json!({"a": 2})),
        (json!({"allOf": [{"minimum": 1}, {"maximum": 5}]}), json!(3), json!(6)),
        (json!(true), json!({"a": 1}), Value::Null),
    ] {
        let validator = Validator::new(&schema).unwrap();
        assert_eq!(told_by(&validator, &taken), [""; 0], "{schema}");
        assert!(refused.is_null() || told_by(&validator, &refused).len() == 1, "{schema}");
    }
}
