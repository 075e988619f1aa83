//! What a broker finds where an event should be: an event, or bytes that are none.

use std::{fmt, sync::Arc};

use soorma_common::{EventEnvelope, EventTopic, Timestamp};

use super::{DeadLetter, DeadLetterReason, SubscriptionId};

/// What was stored: an event, or bytes that are none.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// An event.
    Event(Arc<EventEnvelope>),
    /// The bytes as they were found.
    Raw(Arc<[u8]>),
}

impl Body {
    /// The event, where it is one.
    #[must_use]
    pub fn event(&self) -> Option<&Arc<EventEnvelope>> {
        match self {
            Self::Event(event) => Some(event),
            Self::Raw(_) => None,
        }
    }
}

/// Stored bytes that cannot be handed out as an event.
///
/// Whoever has access can write into a broker, so a broker reads what it stores with [`Unreadable::read`], puts
/// what cannot be read into the dead letters of the subscription that met it, and goes on with the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    reason: DeadLetterReason,
    error: String,
}

impl Unreadable {
    /// Reads the bytes that were stored under a topic and an event type.
    ///
    /// ```
    /// use soorma::{EventTopic::BusinessFacts, broker::Unreadable};
    ///
    /// let unreadable = Unreadable::read(b"no JSON", BusinessFacts, "order.placed").unwrap_err();
    /// assert!(unreadable.to_string().starts_with("malformed: "));
    /// ```
    ///
    /// # Errors
    /// [`Unreadable`]: the bytes are no envelope, or one of another topic or event type.
    pub fn read(bytes: &[u8], topic: EventTopic, event_type: &str) -> Result<EventEnvelope, Self> {
        let malformed = |error: String| Self { reason: DeadLetterReason::Malformed, error };
        // Looked at as a whole: that costs less than to look at each text in it.
        let text = str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
        let event: EventEnvelope =
            text.parse().map_err(|error: serde_json::Error| malformed(error.to_string()))?;
        if event.topic != topic || event.event_type != event_type {
            let error = format!(
                "it was stored as `{event_type}` on {topic}, and says `{}` on {}",
                event.event_type, event.topic
            );
            return Err(Self { reason: DeadLetterReason::Misrouted, error });
        }
        Ok(event)
    }

    /// The dead letter that it becomes: no handler was tried.
    #[must_use]
    pub fn into_letter(
        self,
        subscription: SubscriptionId,
        sequence: u64,
        bytes: Arc<[u8]>,
        now: Timestamp,
    ) -> DeadLetter {
        DeadLetter {
            subscription,
            sequence,
            body: Body::Raw(bytes),
            reason: self.reason,
            first_errors: vec![self.error.clone()],
            errors: vec![self.error],
            handler: String::new(),
            attempts: 0,
            first_failure: now,
            last_failure: now,
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.error)
    }
}

impl std::error::Error for Unreadable {}

#[cfg(test)]
mod tests {
    use EventTopic::{BusinessFacts, PlanEvents};

    use super::*;

    fn stored() -> Vec<u8> {
        let draft = soorma_common::EventDraft::new(BusinessFacts, "order.placed", &1).unwrap();
        serde_json::to_vec(&EventEnvelope::root("shop", draft, Timestamp::now())).unwrap()
    }

    #[test]
    fn an_event_is_read_from_where_it_belongs_and_from_nowhere_else() {
        let bytes = stored();
        assert_eq!(Unreadable::read(&bytes, BusinessFacts, "order.placed").unwrap().data.get(), "1");
        for (topic, event_type) in [(PlanEvents, "order.placed"), (BusinessFacts, "order.shipped")] {
            let unreadable = Unreadable::read(&bytes, topic, event_type).unwrap_err();
            assert_eq!(unreadable.reason, DeadLetterReason::Misrouted);
            assert!(
                unreadable.to_string().contains("and says `order.placed` on business-facts"),
                "{unreadable}"
            );
        }
    }

    #[test]
    fn what_is_no_envelope_becomes_a_letter_with_its_bytes() {
        let unreadable = Unreadable::read(b"{}", BusinessFacts, "order.placed").unwrap_err();
        assert_eq!(unreadable.reason, DeadLetterReason::Malformed);
        let id = SubscriptionId {
            agent: "a".into(),
            topic: BusinessFacts,
            pattern: ">".into(),
            name: String::new(),
        };
        let letter = unreadable.into_letter(id, 7, Arc::from(*b"{}"), Timestamp::now());
        assert_eq!((letter.body, letter.attempts), (Body::Raw(Arc::from(*b"{}")), 0));
    }
}
