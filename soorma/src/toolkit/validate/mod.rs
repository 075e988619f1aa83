//! Checking a value against the schema of a payload: every violation at once, in words that a language model can act on.
//!
//! Owns the rules by which a value is taken, which are stricter than those of JSON Schema, and what is said of one that
//! is not. Fetches nothing: a schema that refers to something outside of itself is refused when the validator is made.

mod bounds;
mod choice;
mod expected;
pub(super) mod given;
mod measure;
mod object;
mod place;
mod schema;
#[cfg(test)]
mod tests;
mod violation;
mod walk;

use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

pub(super) use self::expected::of_schema as expected;
use self::walk::Walk;
pub use self::{
    schema::SchemaError,
    violation::{Violation, Violations},
};

/// A payload schema, ready to check values against. Make it once and keep it.
///
/// What it takes can be decoded into the type that the schema was derived from, so it is stricter than JSON Schema
/// (draft 2020-12) where serde is:
///
/// - A key that the schema does not declare is a violation, unless `additionalProperties` is `true` or a schema, as for
///   maps: whoever invents a key has misunderstood. The keys of a flattened struct or enum are declared.
/// - An integer is written without a decimal point: `1.0` is none. It fits the Rust type that `format` names (`uint32`).
/// - Values nested deeper than 128 levels are refused before anything else is looked at.
///
/// Every other `format` (`date-time`, `uuid`, `email`) only describes, as is the default in draft 2020-12. So a value
/// that is taken may still not decode where the type reads more into it than its schema says: a time, a UUID, integer
/// keys of a map beyond the range of their type, and `Deserialize` by hand.
///
/// A field with `#[schemars(extend("x-sensitive" = true))]` is never repeated in a violation, nor is anything below it,
/// nor a value that came in place of an object that holds it, nor the value of a key that is not declared.
///
/// ```
/// use schemars::{JsonSchema, schema_for};
/// use serde_json::json;
/// use soorma::toolkit::Validator;
///
/// #[derive(JsonSchema)]
/// # #[allow(dead_code)]
/// struct OrderPlaced { order_id: String, quantity: u8 }
///
/// let validator = Validator::new(schema_for!(OrderPlaced).as_value())?;
/// let violations = validator.validate(&json!({"order_ID": "o-1", "quantity": 300})).unwrap_err();
/// assert_eq!(violations.to_string(), "\
/// 2 violations of the schema:
/// /quantity: 300; expected at most 255
/// /order_ID: an unknown key; expected `order_id`, which is required; did you mean `order_id`?");
/// # Ok::<(), soorma::toolkit::SchemaError>(())
/// ```
#[derive(Debug)]
pub struct Validator {
    schema: Value,
    patterns: HashMap<String, Regex>,
}

impl Validator {
    /// Reads a schema.
    ///
    /// # Errors
    ///
    /// If it holds what cannot be checked: a reference that leads outside or in a circle, a pattern that is no regular
    /// expression (of the crate `regex`), a word that this validator does not know, or more than 256 levels.
    pub fn new(schema: &Value) -> Result<Self, SchemaError> {
        let patterns = schema::check(schema)?;
        Ok(Self { schema: schema.clone(), patterns })
    }

    /// Checks a value.
    ///
    /// Takes time in proportion to the value and the schema: a value for which untagged enums inside each other leave
    /// too many ways to read it is refused as such.
    ///
    /// # Errors
    ///
    /// All violations of the schema.
    pub fn validate(&self, value: &Value) -> Result<(), Violations> {
        let found = match measure::nodes(value) {
            Ok(nodes) => Walk::run(self, value, nodes),
            Err(violation) => Violations::of(violation),
        };
        if found.total() == 0 { Ok(()) } else { Err(found) }
    }
}
