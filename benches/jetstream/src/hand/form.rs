//! How an event is sent: as it is, or in an envelope with the attributes that soorma writes, so that as many bytes travel.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use soorma::EventPayload;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use super::wire::Wire;
use crate::order::Placed;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    Bare,
    Enveloped,
}

/// An event in its envelope. What is read is borrowed wherever nothing in it is escaped.
#[derive(Serialize, Deserialize)]
pub(super) struct Envelope<'a, T> {
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    topic: Cow<'a, str>,
    #[serde(borrow)]
    correlation_id: Cow<'a, str>,
    #[serde(borrow)]
    trace_id: Cow<'a, str>,
    #[serde(borrow)]
    traceparent: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    parent_event_id: Cow<'a, str>,
    #[serde(borrow)]
    payload_schema_name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_first")]
    depth: u32,
    data: T,
}

fn is_first(depth: &u32) -> bool {
    *depth == 0
}

impl<'a, T: EventPayload> Envelope<'a, T> {
    /// Begins a workflow.
    fn first(id: &'a str, data: T) -> anyhow::Result<Self> {
        Self::new(id, id.into(), id.into(), Cow::default(), 0, data)
    }

    fn new(
        id: &'a str,
        correlation_id: Cow<'a, str>,
        trace_id: Cow<'a, str>,
        parent_event_id: Cow<'a, str>,
        depth: u32,
        data: T,
    ) -> anyhow::Result<Self> {
        let traceparent = format!("00-{trace_id}-{}-01", &id[16..]).into();
        Ok(Self {
            specversion: "1.0".into(),
            id: id.into(),
            source: "bench".into(),
            event_type: T::CONTRACT.event_type.into(),
            time: OffsetDateTime::now_utc().format(&Rfc3339)?.into(),
            topic: T::CONTRACT.topic.as_str().into(),
            correlation_id,
            trace_id,
            traceparent,
            parent_event_id,
            payload_schema_name: T::CONTRACT.type_name.into(),
            depth,
            data,
        })
    }

    /// The id of what is made of it: the same each time.
    pub(super) fn next_id(&self) -> anyhow::Result<String> {
        Ok(Uuid::new_v5(&self.id.parse()?, b"output").simple().to_string())
    }

    /// What is made of it.
    pub(super) fn next<O: EventPayload + From<T>>(self, id: &'a str) -> anyhow::Result<Envelope<'a, O>> {
        Envelope::new(id, self.correlation_id, self.trace_id, self.id, self.depth + 1, self.data.into())
    }
}

impl Form {
    pub(super) fn read<T: EventPayload>(self, payload: &[u8]) -> serde_json::Result<T> {
        match self {
            Self::Bare => serde_json::from_slice(payload),
            Self::Enveloped => Ok(serde_json::from_slice::<Envelope<'_, T>>(payload)?.data),
        }
    }

    /// Stores an order that nothing came before.
    pub(super) async fn place(self, wire: &Wire, order: Placed, number: usize) -> anyhow::Result<()> {
        match self {
            Self::Bare => wire.store("bench.placed", &order.order_id, &order, number).await,
            Self::Enveloped => {
                let id = Uuid::now_v7().simple().to_string();
                wire.store("bench.placed", &id, &Envelope::first(&id, order)?, number).await
            }
        }
    }
}
