//! What is taken, what is not, and in which words.

mod decodes;
mod hostile;
mod random;
mod secret;
mod texts;

use schemars::{JsonSchema, schema_for};
use serde_json::Value;

use super::Validator;

fn validator<T: JsonSchema>() -> Validator {
    Validator::new(schema_for!(T).as_value()).unwrap()
}

/// What is said of the value, without the heading; nothing if it is taken.
fn told<T: JsonSchema>(value: &Value) -> Vec<String> {
    told_by(&validator::<T>(), value)
}

fn told_by(validator: &Validator, value: &Value) -> Vec<String> {
    match validator.validate(value) {
        Ok(()) => Vec::new(),
        Err(found) => found.iter().map(ToString::to_string).collect(),
    }
}
