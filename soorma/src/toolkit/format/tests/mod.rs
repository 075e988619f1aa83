//! Exact texts and shapes, and what the schemas take.

mod kinds;
mod narrow;
mod prompts;
mod tools;

use std::sync::Arc;

use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use soorma_common::{EventDefinition, EventTopic, SchemaDefinition};

/// A definition of that schema that says nothing else.
fn definition(name: &str, schema: Value) -> EventDefinition {
    EventDefinition {
        event_name: name.to_owned(),
        topic: EventTopic::BusinessFacts,
        description: String::new(),
        when_to_use: String::new(),
        not_when: String::new(),
        tags: Vec::new(),
        effects: None,
        payload: SchemaDefinition { name: "P".to_owned(), version: 1, schema },
        response: None,
        examples: Vec::new(),
    }
}

fn of<T: JsonSchema>() -> Value {
    schema_for!(T).to_value()
}

fn one(definition: EventDefinition) -> [Arc<EventDefinition>; 1] {
    [Arc::new(definition)]
}
