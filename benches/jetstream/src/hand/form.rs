//! How an event is sent: as it is, or in an envelope with the attributes that soorma writes, so that as many bytes travel.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::order::Placed;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    Bare,
    Enveloped,
}

/// An event that begins a workflow.
#[derive(Serialize, Deserialize)]
pub(super) struct Envelope<'a, T> {
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    pub(super) id: Cow<'a, str>,
    source: Cow<'a, str>,
    #[serde(rename = "type")]
    event_type: Cow<'a, str>,
    time: Cow<'a, str>,
    topic: Cow<'a, str>,
    correlation_id: Cow<'a, str>,
    trace_id: Cow<'a, str>,
    traceparent: Cow<'a, str>,
    payload_schema_name: Cow<'a, str>,
    data: T,
}

impl Envelope<'_, Placed> {
    pub(super) fn of(data: Placed) -> anyhow::Result<Self> {
        let id = Uuid::now_v7().simple().to_string();
        Ok(Self {
            specversion: "1.0".into(),
            source: "bench".into(),
            event_type: "order.placed".into(),
            time: OffsetDateTime::now_utc().format(&Rfc3339)?.into(),
            topic: "business-facts".into(),
            correlation_id: id.clone().into(),
            trace_id: id.clone().into(),
            traceparent: format!("00-{id}-{}-01", &id[16..]).into(),
            payload_schema_name: "Placed".into(),
            id: id.into(),
            data,
        })
    }
}

impl Form {
    pub(super) fn read(self, payload: &[u8]) -> serde_json::Result<Placed> {
        match self {
            Self::Bare => serde_json::from_slice(payload),
            Self::Enveloped => Ok(serde_json::from_slice::<Envelope<'_, _>>(payload)?.data),
        }
    }
}
