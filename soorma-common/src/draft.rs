//! An event before it has an identity: what is said, not yet by whom nor after what.

use std::borrow::Cow;

use serde::{Serialize, ser::Error as _};
use serde_json::value::{RawValue, to_raw_value};

use crate::{Contract, EventPayload, EventTopic, json::raw};

/// An event that has no id, source or lineage yet. [`crate::lineage`] makes an envelope of it.
#[derive(Clone, Debug)]
pub struct EventDraft {
    /// The topic to publish on.
    pub topic: EventTopic,
    /// The event type.
    pub event_type: Cow<'static, str>,
    /// The payload as JSON.
    pub data: Box<RawValue>,
    /// The order key.
    pub partition_key: Option<String>,
    /// What the event is about, for filters (CloudEvents `subject`).
    pub subject: Option<String>,
    /// The name of the payload's schema.
    pub payload_schema_name: Option<Cow<'static, str>>,
}

impl EventDraft {
    /// A draft of a declared payload.
    ///
    /// # Errors
    /// Where the payload cannot be written as JSON, for example a map whose keys are no strings.
    pub fn of<P: EventPayload>(payload: &P) -> Result<Self, serde_json::Error> {
        // With room for most payloads: a text that grows is copied over and over.
        let mut data = Vec::with_capacity(1_024);
        serde_json::to_writer(&mut data, payload)?;
        Self::declared(&P::CONTRACT, &data, payload.partition_key())
    }

    /// Apart from `of`, which is compiled for each payload type.
    fn declared(
        contract: &Contract,
        json: &[u8],
        partition_key: Option<String>,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self {
            topic: contract.topic,
            event_type: Cow::Borrowed(contract.event_type),
            data: raw(str::from_utf8(json).map_err(serde_json::Error::custom)?)?,
            partition_key,
            subject: None,
            payload_schema_name: Some(Cow::Borrowed(contract.type_name)),
        })
    }

    /// A draft with a name that is known only at run time.
    ///
    /// # Errors
    /// Where the data cannot be written as JSON.
    pub fn new(
        topic: EventTopic,
        event_type: impl Into<Cow<'static, str>>,
        data: &(impl Serialize + ?Sized),
    ) -> Result<Self, serde_json::Error> {
        Ok(Self {
            topic,
            event_type: event_type.into(),
            data: to_raw_value(data)?,
            partition_key: None,
            subject: None,
            payload_schema_name: None,
        })
    }
}
