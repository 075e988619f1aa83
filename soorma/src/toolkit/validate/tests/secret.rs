//! What is sensitive is never repeated.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{told, validator};

const MARK: &str = "s3cr3t";

#[derive(JsonSchema)]
#[expect(dead_code)]
struct Login {
    user: String,
    #[schemars(extend("x-sensitive" = true))]
    password: Option<String>,
    #[schemars(extend("x-sensitive" = true))]
    kind: Option<Kind>,
    #[schemars(extend("x-sensitive" = true))]
    tokens: Option<HashMap<String, u8>>,
    cards: Option<Vec<Card>>,
    pay: Option<Pay>,
    inner: Option<Box<Login>>,
}

#[derive(JsonSchema)]
#[expect(dead_code)]
enum Kind {
    Plain,
    Other { key: u8 },
}

#[derive(JsonSchema)]
#[schemars(extend("x-sensitive" = true))]
#[expect(dead_code)]
struct Card {
    number: u64,
}

#[derive(JsonSchema)]
#[schemars(tag = "by")]
#[expect(dead_code)]
enum Pay {
    Card {
        #[schemars(extend("x-sensitive" = true))]
        number: u64,
    },
    Cash,
}

#[test]
fn sensitive_values_and_what_holds_them_are_not_shown() {
    for (value, expected) in [
        (
            json!({"user": "u", "password": 1234}),
            "/password: an integer (not shown); expected a string or null",
        ),
        (json!({"user": 5}), "/user: 5; expected a string"),
        (json!(MARK), "(root): a string (not shown); expected an object"),
        (json!({"user": "u", "kind": MARK}), r#"/kind: a string (not shown); expected "Plain""#),
        (
            json!({"user": "u", "tokens": {MARK: MARK}}),
            "/tokens/*: a string (not shown); expected an integer",
        ),
        (
            json!({"user": "u", "kind": {MARK: 1}}),
            "/kind: an object with none of the keys; expected an object with `Other`",
        ),
        (
            json!({"user": "u", "cards": [{"number": MARK}]}),
            "/cards/0/number: a string (not shown); expected an integer",
        ),
        (
            json!({"user": "u", "pay": {"by": MARK}}),
            r#"/pay/by: a string (not shown); expected one of "Card", "Cash""#,
        ),
    ] {
        assert_eq!(told::<Login>(&value), [expected], "{value}");
    }
}

/// Puts the mark, in every form that a value can have, into each place at which something sensitive may stand.
#[test]
fn the_mark_is_never_told_wherever_it_stands() {
    let marks = [
        json!(MARK),
        json!([MARK]),
        json!({MARK: MARK}),
        json!({"number": MARK}),
        json!({"Other": {"key": MARK}}),
        json!({"Other": {MARK: 1}}),
        json!({"by": "Card", "number": MARK}),
        json!({"by": "Cash", "number": MARK}),
        json!({"by": MARK}),
        json!([{"number": MARK}, MARK, [MARK]]),
        json!({"password": MARK}),
        json!({"x": {"y": [MARK]}}),
    ];
    let validator = validator::<Login>();
    let check = |value: &Value| {
        if let Err(found) = validator.validate(value) {
            let text = format!("{found} {found:?}");
            assert!(!text.contains(MARK), "{value}: {text}");
        }
    };
    let mut refused = 0;
    for mark in &marks {
        for name in ["password", "kind", "tokens", "unknown"] {
            let value = json!({"user": "u", name: mark});
            check(&value);
            check(&json!({"user": "u", "inner": value}));
            check(&json!({"inner": {"inner": value}}));
            refused += usize::from(validator.validate(&value).is_err());
        }
    }
    assert!(refused > 30, "{refused}");
    for value in [json!({"number": MARK}), json!({"number": [MARK]}), json!({MARK: 1}), json!(MARK)] {
        check(&json!({"user": "u", "cards": [value]}));
    }
}
