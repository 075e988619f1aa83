//! An envelope out of its JSON, in one pass: leniently, as [`EventEnvelope`] says. Knows nothing of brokers.
//!
//! The pass finds where each attribute stands; then each is read by itself. So what is passed over (the data, above all) is looked
//! at once, and an error names its attribute.

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, fmt::Display, str::FromStr, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny},
};
use serde_json::{Error, Map, Value, value::RawValue};

use crate::{
    EventDraft, EventEnvelope, Timestamp,
    grammar::RECEIVED_TYPE_BYTES,
    id,
    json::{Scan, Token, raw},
    wire::SPECVERSION,
};

/// So much that the event type of a failed task, `<response_event>.failed`, is one that can be received.
const RESPONSE_EVENT_BYTES: usize = RECEIVED_TYPE_BYTES - ".failed".len();

impl FromStr for EventEnvelope {
    type Err = Error;

    fn from_str(json: &str) -> Result<Self, Error> {
        Found::attributes(json)?.read()
    }
}

/// By way of the text: there is one way to read an envelope.
impl<'de> Deserialize<'de> for EventEnvelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer)?.get().parse().map_err(D::Error::custom)
    }
}

macro_rules! found {
    ($($field:ident),*; $($name:literal => $slot:ident),*) => {
        /// Where the attributes stand.
        #[derive(Default)]
        struct Found<'a> {
            $($field: Option<Token<'a>>,)*
            data: Option<Token<'a>>,
            extensions: Map<String, Value>,
        }

        impl<'a> Found<'a> {
            /// The place of an attribute, and what it is called.
            fn known(&mut self, name: &str) -> Option<(&mut Option<Token<'a>>, &'static str)> {
                match name {
                    $(stringify!($field) => Some((&mut self.$field, stringify!($field))),)*
                    $($name => Some((&mut self.$slot, $name)),)*
                    _ => None,
                }
            }
        }
    };
}

found! {
    id, source, event_type, topic, timestamp, subject, partition_key, correlation_id, origin_correlation_id, trace_id,
    traceparent, parent_event_id, response_event, response_topic, response_to, expires_at, response_schema_name,
    payload_schema_name, tenant_id, user_id, session_id, goal_id, plan_id, depth;
    "type" => event_type, "time" => timestamp
}

impl<'a> Found<'a> {
    fn attributes(json: &'a str) -> Result<Self, Error> {
        let mut found = Self::default();
        let mut scan = Scan::new(json);
        let malformed = || malformed(json);
        if !scan.take(b'{') {
            return Err(malformed());
        }
        let mut more = !scan.take(b'}');
        while more {
            let key = scan.key().ok_or_else(malformed)?;
            let value = scan.value().ok_or_else(malformed)?;
            more = scan.take(b',');
            if !more && !scan.take(b'}') {
                return Err(malformed());
            }
            found.put(&text(key, "")?, value)?;
        }
        if scan.is_over() { Ok(found) } else { Err(malformed()) }
    }

    /// One attribute; null is absence, and a second value must not differ in silence.
    fn put(&mut self, name: &str, value: Token<'a>) -> Result<(), Error> {
        if let Some(place) = self.known(name) {
            return place_in(place, value);
        }
        match name {
            "data" if self.data.is_some() => Err(twice(name)),
            "data" => {
                self.data = Some(value);
                Ok(())
            }
            "data_base64" => Err(wrong(name, "data must be JSON, in `data`")),
            "specversion" if is_null(value) || text(value, name)? == SPECVERSION => Ok(()),
            "specversion" => Err(Error::custom("attribute `specversion` is not `1.0`")),
            _ => {
                if name.contains(|c: char| c.is_ascii_uppercase())
                    && let Some(place) = self.known(&snake_case(name))
                {
                    return place_in(place, value);
                }
                match serde_json::from_str(&value.json()).map_err(|error| wrong(name, error))? {
                    Value::Null => {}
                    value => {
                        self.extensions.insert(name.to_owned(), value);
                    }
                }
                Ok(())
            }
        }
    }

    fn read(self) -> Result<EventEnvelope, Error> {
        let id: Arc<str> = not_empty(self.id, "id")?.into();
        let source: Arc<str> = not_empty(self.source, "source")?.into();
        let event_type = not_empty(self.event_type, "type")?;
        if event_type.len() > RECEIVED_TYPE_BYTES {
            return Err(Error::custom("attribute `type` is longer than 255 bytes"));
        }
        // A workflow's first event names its trace and its conversation.
        let shared = |value, name| {
            let found = present(value, name)?;
            Ok::<_, Error>(found.map(|text| if *text == *id { id.clone() } else { Arc::from(text) }))
        };
        let traceparent = owned(self.traceparent, "traceparent")?;
        // An event from elsewhere may start a workflow without naming it: every reader gives it the same name.
        let trace_id = shared(self.trace_id, "trace_id")?
            .or_else(|| traceparent.as_deref().and_then(id::trace_of).map(Arc::from))
            .unwrap_or_else(|| id::text(id::derived(&[source.as_bytes(), id.as_bytes()])));
        let correlation_id = shared(self.correlation_id, "correlation_id")?;
        let origin_correlation_id = shared(self.origin_correlation_id, "origin_correlation_id")?;
        let parent_event_id = shared(self.parent_event_id, "parent_event_id")?;
        let draft = EventDraft {
            topic: parsed(self.topic, "topic")?.ok_or_else(|| missing("topic"))?,
            event_type: event_type.into_owned().into(),
            data: match self.data {
                Some(data) => raw(&data.json())?,
                None => RawValue::NULL.to_owned(),
            },
            partition_key: owned(self.partition_key, "partition_key")?,
            subject: owned(self.subject, "subject")?,
            payload_schema_name: owned(self.payload_schema_name, "payload_schema_name")?.map(Cow::Owned),
        };
        let timestamp = parsed(self.timestamp, "time")?.unwrap_or_else(Timestamp::now);
        let mut event = EventEnvelope::new(id, trace_id, source, draft, timestamp);
        event.correlation_id = correlation_id.unwrap_or_else(|| event.id.clone());
        event.origin_correlation_id = origin_correlation_id;
        event.parent_event_id = parent_event_id;
        event.traceparent = traceparent;
        event.extensions = self.extensions;
        // What most events do not have costs one look.
        macro_rules! rare {
            ($read:ident: $($field:ident),*) => {$(
                if self.$field.is_some() {
                    event.$field = $read(self.$field, stringify!($field))?;
                }
            )*};
        }
        rare!(parsed: response_topic, response_to, expires_at);
        rare!(owned: response_event, response_schema_name, tenant_id, user_id, session_id, goal_id, plan_id);
        if event.response_event.as_ref().is_some_and(|event| event.len() > RESPONSE_EVENT_BYTES) {
            return Err(Error::custom(format_args!(
                "attribute `response_event` is longer than {RESPONSE_EVENT_BYTES} bytes"
            )));
        }
        if let Some(depth) = self.depth {
            event.depth = serde_json::from_str(&depth.json()).map_err(|error| wrong("depth", error))?;
        }
        Ok(event)
    }
}

fn place_in<'a>((place, name): (&mut Option<Token<'a>>, &str), value: Token<'a>) -> Result<(), Error> {
    if is_null(value) {
        return Ok(());
    }
    if place.is_some() {
        return Err(twice(name));
    }
    *place = Some(value);
    Ok(())
}

fn is_null(value: Token<'_>) -> bool {
    matches!(value, Token::Json("null"))
}

#[inline]
fn text<'a>(value: Token<'a>, name: &str) -> Result<Cow<'a, str>, Error> {
    match value {
        Token::Text(text) => Ok(Cow::Borrowed(text)),
        Token::Json(json) => decoded(json, name).map(Cow::Owned),
    }
}

#[inline(never)]
fn decoded(json: &str, name: &str) -> Result<String, Error> {
    serde_json::from_str(json).map_err(|error| wrong(name, error))
}

/// An empty text is absence.
#[inline]
fn present<'a>(value: Option<Token<'a>>, name: &str) -> Result<Option<Cow<'a, str>>, Error> {
    let Some(value) = value else { return Ok(None) };
    let text = text(value, name)?;
    Ok(if text.is_empty() { None } else { Some(text) })
}

#[inline]
fn owned(value: Option<Token<'_>>, name: &str) -> Result<Option<String>, Error> {
    Ok(present(value, name)?.map(Cow::into_owned))
}

fn not_empty<'a>(value: Option<Token<'a>>, name: &str) -> Result<Cow<'a, str>, Error> {
    let text = text(value.ok_or_else(|| missing(name))?, name)?;
    if text.is_empty() {
        return Err(Error::custom(format_args!("attribute `{name}` is empty")));
    }
    Ok(text)
}

fn parsed<T: FromStr<Err: Display>>(value: Option<Token<'_>>, name: &str) -> Result<Option<T>, Error> {
    let Some(value) = value else { return Ok(None) };
    text(value, name)?.parse().map(Some).map_err(|error| wrong(name, error))
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

fn missing(name: &str) -> Error {
    Error::custom(format_args!("attribute `{name}` is missing"))
}

fn twice(name: &str) -> Error {
    Error::custom(format_args!("attribute `{name}` is given twice"))
}

fn wrong(name: &str, why: impl Display) -> Error {
    Error::custom(format_args!("attribute `{name}`: {why}"))
}

/// What is wrong with a text that is no object, and where.
fn malformed(json: &str) -> Error {
    match serde_json::from_str::<IgnoredAny>(json) {
        Err(error) => error,
        Ok(_) => Error::custom(
            "expected an event envelope: a JSON object with `id`, `source`, `type`, `topic` and `data`",
        ),
    }
}
