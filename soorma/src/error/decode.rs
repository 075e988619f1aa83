//! Data that does not have the shape that a handler takes.

use std::any::type_name;

use serde::de::DeserializeOwned;
use soorma_common::EventEnvelope;

use super::path;

/// The data of an event is not what the handler takes. The event goes to the dead letters at once.
#[derive(Debug, thiserror::Error)]
#[error("the data of `{event_type}` is no `{expected}`: at `{path}`: {reason}")]
pub struct DecodeError {
    /// The event type.
    pub event_type: String,
    /// The Rust type that was expected.
    pub expected: &'static str,
    /// The place inside the data, for example `lines[3].quantity`; `.` for the whole.
    pub path: String,
    /// What was found, and what was expected.
    pub reason: String,
}

impl DecodeError {
    /// Reads the data of an event. The place of a mistake is looked for only where there is one.
    pub(crate) fn read<T: DeserializeOwned>(event: &EventEnvelope) -> Result<T, Self> {
        match event.data_as() {
            Ok(data) => Ok(data),
            Err(error) => {
                let again = |json: &str| serde_json::from_str::<T>(json).err();
                Err(Self::explain(event, error, type_name::<T>(), again))
            }
        }
    }

    /// Apart from `read`, which is compiled for each payload type.
    fn explain(
        event: &EventEnvelope,
        error: serde_json::Error,
        type_name: &'static str,
        again: fn(&str) -> Option<serde_json::Error>,
    ) -> Self {
        let fails = |json: &str| again(json).is_some_and(|error| !error.is_eof());
        Self {
            event_type: event.event_type.to_string(),
            expected: type_name.rsplit("::").next().unwrap_or_default(),
            path: path::of_mistake(event.data.get(), fails),
            reason: error.to_string(),
        }
    }
}
