//! The JSON Schema of a payload. A trait of ours stands before that of schemars, so that the compiler names the derive
//! that is missing; only [`EventDefinition::of`](crate::EventDefinition::of) asks for it, so it is told once.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
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
        root(T::json_schema, T::schema_name)
    }
}

/// What `schema_for!` gives, but compiled once and not for each payload type; a type that holds itself stands among the definitions, too.
fn root(schema: fn(&mut SchemaGenerator) -> Schema, name: fn() -> Cow<'static, str>) -> Value {
    let mut generator = SchemaGenerator::default();
    let mut schema = schema(&mut generator);
    let object = schema.ensure_object();
    object.entry("title").or_insert_with(|| name().into());
    if let Some(dialect) = &generator.settings().meta_schema {
        object.insert("$schema".to_owned(), (&**dialect).into());
    }
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        object.insert("$defs".to_owned(), definitions.into());
    }
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::schema_for;

    use super::*;

    /// With words.
    #[derive(JsonSchema)]
    #[schemars(crate = "schemars", extend("x-kind" = "order"))]
    #[allow(dead_code, reason = "only its schema is read")]
    struct Order {
        lines: Vec<Line>,
        by_place: BTreeMap<String, Line>,
        state: State,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is read")]
    struct Line {
        item: String,
        count: Option<u32>,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is read")]
    enum State {
        Open,
        Closed { reason: String },
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is read")]
    struct Tree {
        below: Vec<Tree>,
    }

    #[test]
    fn a_schema_is_what_schemars_makes_of_the_type() {
        assert_eq!(Order::schema(), schema_for!(Order).to_value());
        assert_eq!(State::schema(), schema_for!(State).to_value());
        assert_eq!(<Vec<Line>>::schema(), schema_for!(Vec<Line>).to_value());
    }

    #[test]
    fn a_type_that_holds_itself_refers_to_its_definition() {
        let schema = Tree::schema();
        assert_eq!(schema["properties"]["below"]["items"]["$ref"], "#/$defs/Tree");
        assert_eq!(schema["$defs"]["Tree"]["properties"], schema["properties"]);
    }
}
