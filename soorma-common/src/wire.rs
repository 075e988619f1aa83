//! The envelope on the wire: written exactly, read leniently. Knows JSON and nothing of brokers.
//!
//! The attribute names are those of CloudEvents 1.0 (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>,
//! section "Context Attributes"), and our own in snake_case beside them.

use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::{Map, Value, value::RawValue};

use crate::{EventEnvelope, Timestamp, grammar::RECEIVED_TYPE_BYTES, id, text::Text};

/// The version of CloudEvents that is written, and the only one that is read.
const SPECVERSION: &str = "1.0";

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

impl<'de> Deserialize<'de> for EventEnvelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

/// So much that the event type of a failed task, `<response_event>.failed`, is one that can be received.
const RESPONSE_EVENT_BYTES: usize = RECEIVED_TYPE_BYTES - ".failed".len();

struct EnvelopeVisitor;

/// Reads one attribute; null is absence, and a second value must not differ in silence.
fn put<'de, A: MapAccess<'de>, T: DeserializeOwned>(
    slot: &mut Option<T>,
    name: &str,
    map: &mut A,
) -> Result<(), A::Error> {
    let value: Option<T> = map.next_value()?;
    if value.is_some() && slot.is_some() {
        return Err(Error::custom(format_args!("attribute `{name}` is given twice")));
    }
    *slot = value.or_else(|| slot.take());
    Ok(())
}

/// A text that is shared from the moment it is read, without a `String` in between.
struct Shared(Arc<str>);

impl AsRef<str> for Shared {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(SharedVisitor)
    }
}

struct SharedVisitor;

impl Visitor<'_> for SharedVisitor {
    type Value = Shared;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Shared, E> {
        Ok(Shared(text.into()))
    }
}

/// `responseEvent` is read as `response_event`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

fn required<T, E: Error>(value: Option<T>, name: &str) -> Result<T, E> {
    value.ok_or_else(|| E::custom(format_args!("attribute `{name}` is missing")))
}

fn present<T: AsRef<str>>(value: Option<T>) -> Option<T> {
    value.filter(|text| !text.as_ref().is_empty())
}

fn not_empty<T: AsRef<str>, E: Error>(value: Option<T>, name: &str) -> Result<T, E> {
    match required(value, name)? {
        empty if empty.as_ref().is_empty() => Err(E::custom(format_args!("attribute `{name}` is empty"))),
        value => Ok(value),
    }
}

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = EventEnvelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event envelope: a JSON object with `id`, `source`, `type`, `topic` and `data`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventEnvelope, A::Error> {
        macro_rules! read {
            ($($field:ident),*; $($name:literal => $slot:ident),*; $data:ident, $extensions:ident) => {
                $(let mut $field = None;)*
                while let Some(Text(name)) = map.next_key()? {
                    let known = |name: &str| matches!(name, $(stringify!($field))|* | $($name)|*);
                    let snake = (!known(&name) && name.contains(|c: char| c.is_ascii_uppercase()))
                        .then(|| snake_case(&name))
                        .filter(|snake| known(snake));
                    match snake.as_deref().unwrap_or(&name) {
                        $(stringify!($field) => put(&mut $field, stringify!($field), &mut map)?,)*
                        $($name => put(&mut $slot, $name, &mut map)?,)*
                        "data" if $data.is_some() => {
                            return Err(Error::custom("attribute `data` is given twice"));
                        }
                        "data" => $data = Some(map.next_value()?),
                        "data_base64" => {
                            return Err(Error::custom("attribute `data_base64`: data must be JSON, in `data`"));
                        }
                        "specversion" => {
                            let version: Option<String> = map.next_value()?;
                            if version.as_deref().is_some_and(|version| version != SPECVERSION) {
                                return Err(Error::custom("attribute `specversion` is not `1.0`"));
                            }
                        }
                        other => {
                            let other = other.to_owned();
                            match map.next_value::<Value>()? {
                                Value::Null => {}
                                value => {
                                    $extensions.insert(other, value);
                                }
                            }
                        }
                    }
                }
            };
        }
        let mut data: Option<Box<RawValue>> = None;
        let mut extensions = Map::new();
        read!(
            id, source, event_type, topic, timestamp, subject, partition_key, correlation_id,
            origin_correlation_id, trace_id, traceparent, parent_event_id, response_event, response_topic,
            response_to, expires_at, response_schema_name, payload_schema_name, tenant_id, user_id, session_id,
            goal_id, plan_id, depth;
            "type" => event_type, "time" => timestamp;
            data, extensions
        );
        let Shared(id) = not_empty(id, "id")?;
        let Shared(source) = not_empty(source, "source")?;
        let event_type: String = not_empty(event_type, "type")?;
        if event_type.len() > RECEIVED_TYPE_BYTES {
            return Err(Error::custom("attribute `type` is longer than 255 bytes"));
        }
        let shared = |text| present(text).map(|Shared(text)| text);
        let response_event: Option<String> = present(response_event);
        if response_event.as_ref().is_some_and(|event| event.len() > RESPONSE_EVENT_BYTES) {
            return Err(Error::custom(format_args!(
                "attribute `response_event` is longer than {RESPONSE_EVENT_BYTES} bytes"
            )));
        }
        let traceparent = present(traceparent);
        // An event from elsewhere may start a workflow without naming it: every reader gives it the same name.
        let trace_id = shared(trace_id)
            .or_else(|| traceparent.as_deref().and_then(id::trace_of).map(Arc::from))
            .unwrap_or_else(|| id::text(id::derived(&[source.as_bytes(), id.as_bytes()])));
        Ok(EventEnvelope {
            topic: required(topic, "topic")?,
            timestamp: timestamp.unwrap_or_else(Timestamp::now),
            data: data.unwrap_or_else(|| RawValue::NULL.to_owned()),
            correlation_id: shared(correlation_id).unwrap_or_else(|| id.clone()),
            trace_id,
            traceparent,
            id,
            source,
            event_type: event_type.into(),
            subject: present(subject),
            partition_key: present(partition_key),
            origin_correlation_id: shared(origin_correlation_id),
            parent_event_id: shared(parent_event_id),
            response_event,
            response_topic,
            response_to,
            expires_at,
            response_schema_name: present(response_schema_name),
            payload_schema_name: present::<String>(payload_schema_name).map(Into::into),
            tenant_id: present(tenant_id),
            user_id: present(user_id),
            session_id: present(session_id),
            goal_id: present(goal_id),
            plan_id: present(plan_id),
            depth: depth.unwrap_or(0),
            extensions,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, EventTopic};

    const FULL: &str = r#"{"specversion":"1.0","id":"e1","source":"planner","type":"research.requested","time":"2026-01-17T10:30:00.000000Z","topic":"action-requests","correlation_id":"c1","trace_id":"trace_xyz","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","subject":"AI","partition_key":"k","origin_correlation_id":"c0","parent_event_id":"e0","response_event":"research.completed","response_topic":"action-results","response_to":"group:planner","expires_at":"2026-01-17T10:31:00.000000Z","response_schema_name":"R","payload_schema_name":"P","tenant_id":"t","user_id":"u","session_id":"s","goal_id":"g","plan_id":"p","depth":3,"region":"eu","weight":2,"data":{"query": "AI",  "deep": [1,2]}}"#;

    #[test]
    fn every_attribute_survives_and_the_data_byte_by_byte() {
        let event: EventEnvelope = serde_json::from_str(FULL).unwrap();
        assert_eq!(event.data.get(), r#"{"query": "AI",  "deep": [1,2]}"#);
        assert_eq!(event.response_to, Some(Address::Group("planner".into())));
        assert_eq!(event.extensions["region"], "eu");
        assert_eq!(serde_json::to_string(&event).unwrap(), FULL);
    }

    #[test]
    fn other_spellings_nulls_and_absence_are_read() {
        let event: EventEnvelope = serde_json::from_str(
            r#"{"id":"evt_1","source":"a","eventType":"Order Placed!","timestamp":"2026-01-17T10:30:00","topic":"business-facts",
                "tenantId":"t","userId":null,"response_event":"","datacontenttype":"application/json","responseTopic":null,"region":null,"myExtension":1}"#,
        )
        .unwrap();
        assert_eq!((&*event.event_type, event.tenant_id.as_deref()), ("Order Placed!", Some("t")));
        assert_eq!((event.data.get(), event.response_event), ("null", None));
        assert_eq!(&*event.correlation_id, "evt_1");
        assert_eq!(event.trace_id.len(), 32);
        assert_eq!(event.extensions.keys().collect::<Vec<_>>(), ["datacontenttype", "myExtension"]);
    }

    #[test]
    fn a_traceparent_names_the_trace() {
        let event: EventEnvelope = serde_json::from_str(
            r#"{"id":"1","source":"a","type":"x","topic":"business-facts",
                "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#,
        )
        .unwrap();
        assert_eq!(&*event.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(event.topic, EventTopic::BusinessFacts);
    }

    #[test]
    fn what_is_no_envelope_is_refused_with_the_reason() {
        for (json, reason) in [
            (r#"{"source":"a","type":"x","topic":"business-facts"}"#, "attribute `id` is missing"),
            (r#"{"id":"","source":"a","type":"x","topic":"business-facts"}"#, "attribute `id` is empty"),
            (r#"{"id":"1","type":"x","topic":"business-facts"}"#, "attribute `source` is missing"),
            (r#"{"id":"1","source":"a","topic":"business-facts"}"#, "attribute `type` is missing"),
            (r#"{"id":"1","source":"a","type":"x"}"#, "attribute `topic` is missing"),
            (r#"{"id":"1","source":"a","type":"x","topic":"orders"}"#, "no topic `orders`"),
            (
                r#"{"id":"1","source":"a","type":"x","event_type":"y","topic":"business-facts"}"#,
                "given twice",
            ),
            (
                r#"{"specversion":"0.3","id":"1","source":"a","type":"x","topic":"business-facts"}"#,
                "specversion",
            ),
            (
                r#"{"id":"1","source":"a","type":"x","topic":"business-facts","data":1,"data":2}"#,
                "given twice",
            ),
            (
                r#"{"id":"1","source":"a","type":"x","topic":"business-facts","data_base64":"AA=="}"#,
                "data must be JSON",
            ),
            (r#"[1]"#, "an event envelope"),
        ] {
            let error = serde_json::from_str::<EventEnvelope>(json).unwrap_err().to_string();
            assert!(error.contains(reason), "{json}: {error}");
        }
    }
}
