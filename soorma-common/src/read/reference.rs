//! An envelope as `serde_json` itself reads it, attribute by attribute: what the reader is held against.

use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use super::{RESPONSE_EVENT_BYTES, snake_case};
use crate::{EventEnvelope, Timestamp, grammar::RECEIVED_TYPE_BYTES, id, text::Text, wire::SPECVERSION};

/// What is read that way.
pub(super) struct Reference(pub(super) EventEnvelope);

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor).map(Self)
    }
}

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
