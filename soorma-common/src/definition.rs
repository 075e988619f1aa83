//! What a catalogue says of one event. Built from the payload type; knows nothing of where it is kept.

use serde::{Deserialize, Serialize};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use crate::{Contract, EventPayload, EventTopic, HasSchema};

/// What a person, or a language model, needs to know of one event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventDefinition {
    /// The event type, for example `order.placed`.
    pub event_name: String,
    /// The topic it travels on.
    pub topic: EventTopic,
    /// The doc comment of the payload type.
    pub description: String,
    /// The name of the payload type.
    pub payload_schema_name: String,
    /// The payload as a JSON Schema of draft 2020-12.
    pub payload_schema: Value,
    /// A sample of the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
    /// The event type of the declared response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_event: Option<String>,
}

impl EventDefinition {
    /// The definition of a payload type.
    #[must_use]
    pub fn of<P: EventPayload + HasSchema>() -> Self {
        // As text first: payloads are written as text anyway, so nothing more is compiled for each of them.
        let example = P::example().map(|example| to_raw_value(&example));
        Self::declared(&P::CONTRACT, P::schema(), example)
    }

    /// Apart from `of`, which is compiled for each payload type.
    fn declared(
        contract: &Contract,
        payload_schema: Value,
        example: Option<serde_json::Result<Box<RawValue>>>,
    ) -> Self {
        Self {
            event_name: contract.event_type.to_owned(),
            topic: contract.topic,
            description: contract.description.to_owned(),
            payload_schema_name: contract.type_name.to_owned(),
            payload_schema,
            example: example.and_then(|example| serde_json::from_str(example.ok()?.get()).ok()),
            response_event: contract.response.map(|response| response.event_type.to_owned()),
        }
    }
}
