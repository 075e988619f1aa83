//! Data that does not have the shape that a handler takes.

use std::any::type_name;

use serde::de::DeserializeOwned;
use soorma_common::EventEnvelope;

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
    /// Reads once more, this time keeping track of the path: the good case pays nothing for it.
    pub(crate) fn explain<T: DeserializeOwned>(event: &EventEnvelope, error: serde_json::Error) -> Self {
        let mut json = serde_json::Deserializer::from_str(event.data.get());
        let (path, reason) = match serde_path_to_error::deserialize::<_, T>(&mut json) {
            Err(tracked) => (tracked.path().to_string(), tracked.inner().to_string()),
            Ok(_) => (".".to_owned(), error.to_string()),
        };
        let expected = type_name::<T>().rsplit("::").next().unwrap_or_default();
        Self { event_type: event.event_type.clone(), expected, path, reason }
    }
}
