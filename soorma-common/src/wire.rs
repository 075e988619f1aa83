//! The envelope as it is written, exactly: which attributes, in which order, and their JSON; `read` reads it. Knows nothing of
//! brokers. The attribute names are those of CloudEvents 1.0
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>, section "Context Attributes"), and our own in snake_case
//! beside them.
//!
//! Every event that a broker stores is written here, so most of it is copied and not formatted.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, value::RawValue};

use crate::EventEnvelope;

/// The version of CloudEvents that is written, and the only one that is read.
pub(crate) const SPECVERSION: &str = "1.0";

/// What an envelope says besides its data fits in here, mostly.
const ROOM: usize = 640;

/// The name of an attribute; of one that we know, also how it stands after another one.
struct Name<'a> {
    plain: &'a str,
    key: Option<&'static str>,
}

enum Attribute<'a> {
    Text(&'a str),
    /// Made here, so there is nothing in it to escape.
    Plain(&'a str),
    Number(u32),
    Foreign(&'a Value),
    Data(&'a RawValue),
}

impl EventEnvelope {
    /// The event as JSON, which is what travels: the same that `serde_json` makes of it, for a fraction of the time.
    ///
    /// ```
    /// use soorma_common::{EventDraft, EventEnvelope, EventTopic, Timestamp};
    ///
    /// let draft = EventDraft::new(EventTopic::BusinessFacts, "order.placed", &"o1")?;
    /// let event = EventEnvelope::root("shop", draft, Timestamp::now());
    /// assert_eq!(event.to_json()?, serde_json::to_string(&event)?);
    /// # Ok::<_, serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where an attribute in `extensions` cannot be written.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut json = String::with_capacity(self.data.get().len() + ROOM);
        json.push_str("{\"specversion\":\"");
        json.push_str(SPECVERSION);
        json.push('"');
        self.attributes(|Name { plain, key }, value| {
            match key {
                Some(key) => json.push_str(key),
                None => {
                    json.push(',');
                    push_text(plain, &mut json)?;
                    json.push(':');
                }
            }
            match value {
                Attribute::Text(text) => push_text(text, &mut json)?,
                Attribute::Plain(text) => push_plain(text, &mut json),
                Attribute::Data(data) => json.push_str(data.get()),
                Attribute::Number(_) | Attribute::Foreign(_) => {
                    json.push_str(&serde_json::to_string(&value)?)
                }
            }
            Ok(())
        })?;
        json.push('}');
        Ok(json)
    }

    /// Each attribute that there is, after the version of CloudEvents; the data last.
    fn attributes<E>(&self, mut put: impl FnMut(Name<'_>, Attribute<'_>) -> Result<(), E>) -> Result<(), E> {
        macro_rules! put {
            ($name:literal, $value:expr) => {
                put(Name { plain: $name, key: Some(concat!(",\"", $name, "\":")) }, $value)?
            };
        }
        macro_rules! text {
            ($($name:literal: $kind:ident($value:expr),)*) => {$(
                if let Some(text) = $value {
                    put!($name, Attribute::$kind(text));
                }
            )*};
        }
        let response_to = self.response_to.as_ref().map(ToString::to_string);
        text! {
            "id": Text(Some(&*self.id)),
            "source": Text(Some(&*self.source)),
            "type": Text(Some(&*self.event_type)),
            "time": Plain(Some(self.timestamp.text().as_str())),
            "topic": Plain(Some(self.topic.as_str())),
            "correlation_id": Text(Some(&*self.correlation_id)),
            "trace_id": Text(Some(&*self.trace_id)),
            "traceparent": Text(Some(&*self.traceparent())),
            "subject": Text(self.subject.as_deref()),
            "partition_key": Text(self.partition_key.as_deref()),
            "origin_correlation_id": Text(self.origin_correlation_id.as_deref()),
            "parent_event_id": Text(self.parent_event_id.as_deref()),
            "response_event": Text(self.response_event.as_deref()),
            "response_topic": Plain(self.response_topic.map(|topic| topic.as_str())),
            "response_to": Text(response_to.as_deref()),
            "expires_at": Plain(self.expires_at.map(|at| at.text()).as_ref().map(|text| text.as_str())),
            "response_schema_name": Text(self.response_schema_name.as_deref()),
            "payload_schema_name": Text(self.payload_schema_name.as_deref()),
            "tenant_id": Text(self.tenant_id.as_deref()),
            "user_id": Text(self.user_id.as_deref()),
            "session_id": Text(self.session_id.as_deref()),
            "goal_id": Text(self.goal_id.as_deref()),
            "plan_id": Text(self.plan_id.as_deref()),
        }
        if self.depth > 0 {
            put!("depth", Attribute::Number(self.depth));
        }
        for (name, value) in &self.extensions {
            put(Name { plain: name, key: None }, Attribute::Foreign(value))?;
        }
        put!("data", Attribute::Data(&self.data));
        Ok(())
    }
}

/// Few texts have anything to escape.
fn push_text(text: &str, json: &mut String) -> Result<(), serde_json::Error> {
    // Without an end before the end, so that many bytes are looked at in one go.
    let odd = text.bytes().fold(false, |odd, byte| odd | (byte < b' ') | (byte == b'"') | (byte == b'\\'));
    if odd {
        json.push_str(&serde_json::to_string(text)?);
    } else {
        push_plain(text, json);
    }
    Ok(())
}

#[inline]
fn push_plain(text: &str, json: &mut String) {
    json.push('"');
    json.push_str(text);
    json.push('"');
}

impl Serialize for EventEnvelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("specversion", SPECVERSION)?;
        self.attributes(|name, value| map.serialize_entry(name.plain, &value))?;
        map.end()
    }
}

impl Serialize for Attribute<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) | Self::Plain(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_u32(*number),
            Self::Foreign(value) => value.serialize(serializer),
            Self::Data(data) => data.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, EventDraft, EventTopic, Timestamp};

    fn event() -> EventEnvelope {
        let draft = EventDraft::new(EventTopic::BusinessFacts, "order.placed", &[1, 2]).unwrap();
        EventEnvelope::root("shop", draft, Timestamp::now())
    }

    #[test]
    fn what_travels_is_what_serde_writes_whatever_has_to_be_escaped() {
        let mut odd = event();
        for text in
            ["", "plain", "\"quoted\"", "back\\slash", "line\nbreak", "\u{0}", "\u{7f}ü€𝄞", "\u{2028}"]
        {
            odd.subject = Some(text.to_owned());
            odd.source = text.into();
            odd.extensions.insert(text.to_owned(), serde_json::json!({ text: [text, 1.5, null] }));
            odd.response_to = Some(Address::Group(text.to_owned()));
            odd.expires_at = Some(Timestamp::now());
            odd.depth += 1;
            let json = odd.to_json().unwrap();
            assert_eq!(json, serde_json::to_string(&odd).unwrap());
            assert!(json.ends_with(r#","data":[1,2]}"#), "{json}");
        }
    }
}
