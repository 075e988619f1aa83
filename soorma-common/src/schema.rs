//! The JSON Schema of a payload. A trait of ours stands before that of schemars, so that the compiler names the derive
//! that is missing; only [`EventDefinition::of`](crate::EventDefinition::of) asks for it, so it is told once.

use schemars::JsonSchema;
use serde_json::Value;

/// A type with a JSON Schema: whatever has schemars' `JsonSchema`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON Schema",
    label = "`{Self}` lacks `#[derive(JsonSchema)]`",
    note = "add `JsonSchema` to the derives of `{Self}`: an event payload is described by its schema"
)]
pub trait HasSchema {
    /// The schema, of draft 2020-12.
    fn schema() -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> HasSchema for T {
    fn schema() -> Value {
        schemars::schema_for!(T).to_value()
    }
}
