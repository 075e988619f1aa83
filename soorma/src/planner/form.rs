//! The shape that an answer must have around its data.

use serde_json::Value;

use crate::toolkit::{SchemaError, Validator};

/// The shape of an answer.
pub(super) struct Form(Result<Validator, SchemaError>);

impl Form {
    /// A schema that was written here.
    pub(super) fn new(schema: &Value) -> Self {
        Self(Validator::new(schema))
    }

    /// What is wrong with an answer, in words for the model.
    pub(super) fn check(&self, answer: &Value) -> Result<(), String> {
        match &self.0 {
            Ok(validator) => {
                validator.validate(answer).map_err(|violations| format!("the answer: {violations}"))
            }
            Err(error) => Err(error.to_string()),
        }
    }
}
