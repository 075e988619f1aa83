//! What a catalogue says of one event. Built from the payload type; knows nothing of where it is kept.

use serde::{Deserialize, Serialize};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use crate::{Contract, Effects, EventPayload, EventTopic, Guidance, HasSchema};

/// What a person, or a language model, needs to know of one event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventDefinition {
    /// The event type, for example `order.placed`.
    pub event_name: String,
    /// The topic it travels on.
    pub topic: EventTopic,
    /// The doc comment of the payload type.
    pub description: String,
    /// When to publish it; empty where nothing is said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub when_to_use: String,
    /// When not to publish it; empty where nothing is said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub not_when: String,
    /// Words that it can be found by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What acting on it does to the world; `None` promises nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effects: Option<Effects>,
    /// The shape of the data.
    pub payload: SchemaDefinition,
    /// The answer that a request asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseDefinition>,
    /// Samples of the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
}

/// A schema with a name and a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchemaDefinition {
    /// The name of the payload type.
    pub name: String,
    /// From 1 on. Under one version a schema changes only in ways that break nobody.
    pub version: u32,
    /// A JSON Schema of draft 2020-12.
    pub schema: Value,
}

/// The answer that a request asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseDefinition {
    /// The event type of the declared response.
    pub event_name: String,
    /// Its shape.
    pub payload: SchemaDefinition,
}

impl EventDefinition {
    /// The definition of a payload type.
    #[must_use]
    pub fn of<P: EventPayload + HasSchema>() -> Self {
        // As text first: payloads are written as text anyway, so nothing more is compiled for each of them.
        let examples = P::examples().iter().map(to_raw_value).collect();
        Self::declared(&P::CONTRACT, &P::guidance(), P::schema(), examples)
    }

    /// Apart from `of`, which is compiled for each payload type.
    fn declared(
        contract: &Contract,
        guidance: &Guidance,
        schema: Value,
        examples: Vec<serde_json::Result<Box<RawValue>>>,
    ) -> Self {
        let text = str::to_owned;
        Self {
            event_name: text(contract.event_type),
            topic: contract.topic,
            description: text(contract.description),
            when_to_use: text(guidance.when_to_use),
            not_when: text(guidance.not_when),
            tags: guidance.tags.iter().copied().map(text).collect(),
            effects: guidance.effects,
            payload: SchemaDefinition { name: text(contract.type_name), version: guidance.version, schema },
            response: contract.response.map(ResponseDefinition::of),
            examples: examples
                .into_iter()
                .filter_map(|example| serde_json::from_str(example.ok()?.get()).ok())
                .collect(),
        }
    }
}

impl ResponseDefinition {
    fn of(contract: &Contract) -> Self {
        let payload = (contract.definition)().payload;
        Self { event_name: contract.event_type.to_owned(), payload }
    }
}
