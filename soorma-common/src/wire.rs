//! The envelope as it is written, exactly; `read` reads it. Knows JSON and nothing of brokers.
//!
//! The attribute names are those of CloudEvents 1.0 (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>,
//! section "Context Attributes"), and our own in snake_case beside them.

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::EventEnvelope;

/// The version of CloudEvents that is written, and the only one that is read.
pub(crate) const SPECVERSION: &str = "1.0";

impl Serialize for EventEnvelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("specversion", SPECVERSION)?;
        map.serialize_entry("id", &*self.id)?;
        map.serialize_entry("source", &*self.source)?;
        map.serialize_entry("type", &self.event_type)?;
        map.serialize_entry("time", &self.timestamp)?;
        map.serialize_entry("topic", &self.topic)?;
        map.serialize_entry("correlation_id", &*self.correlation_id)?;
        map.serialize_entry("trace_id", &*self.trace_id)?;
        map.serialize_entry("traceparent", &self.traceparent())?;
        macro_rules! present {
            ($($field:ident),*) => {$(
                if let Some(value) = &self.$field {
                    map.serialize_entry(stringify!($field), value)?;
                }
            )*};
        }
        present!(subject, partition_key);
        if let Some(id) = &self.origin_correlation_id {
            map.serialize_entry("origin_correlation_id", &**id)?;
        }
        if let Some(id) = &self.parent_event_id {
            map.serialize_entry("parent_event_id", &**id)?;
        }
        present!(
            response_event,
            response_topic,
            response_to,
            expires_at,
            response_schema_name,
            payload_schema_name,
            tenant_id,
            user_id,
            session_id,
            goal_id,
            plan_id
        );
        if self.depth > 0 {
            map.serialize_entry("depth", &self.depth)?;
        }
        for (name, value) in &self.extensions {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("data", &self.data)?;
        map.end()
    }
}
