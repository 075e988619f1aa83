//! Subscriptions: their identity, what they hear, and how deliveries are drawn from them.

use std::{fmt, time::Duration};

use soorma_common::{Address, EventEnvelope, EventPattern, EventTopic, id};

use super::{BrokerError, Delivery};
use crate::BoxFuture;

/// The identity of a subscription: one handler of one agent.
///
/// It never depends on which other handlers there are, so a position survives every change but one to itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId {
    /// The agent: the group whose instances share the work.
    pub agent: String,
    /// The topic.
    pub topic: EventTopic,
    /// The event type or pattern, as the handler wrote it.
    pub pattern: String,
    /// The handler's `name = ".."`; empty unless it gives one.
    pub name: String,
}

impl SubscriptionId {
    /// The name by which a broker keeps it: a readable prefix, and 16 hex digits of a hash of the whole id.
    /// Letters, digits, `-` and `_` only; 60 bytes at most.
    #[must_use]
    pub fn durable_name(&self) -> String {
        let readable: String = format!("{}-{}-{}", self.agent, self.pattern, self.name)
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' })
            .take(43)
            .collect();
        format!("{}-{}", readable.trim_end_matches('-'), id::short(&self.to_string()))
    }
}

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.agent, self.topic, self.pattern)?;
        if !self.name.is_empty() {
            write!(f, "#{}", self.name)?;
        }
        Ok(())
    }
}

/// Where a durable subscription starts when it is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With everything that the topic still holds.
    Beginning,
    /// With what is stored from then on.
    Now,
}

/// What kind of subscription it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Durable, and shared by all members of one group.
    Group {
        /// Where it starts when it is new.
        start: Start,
        /// Whether events with one key are handed out one at a time, in the order in which they were stored,
        /// redelivery included. An event in backoff holds up its lane.
        ordered: bool,
        /// An older id whose position this one takes over, if that one exists and this one does not.
        was: Option<SubscriptionId>,
    },
    /// Ephemeral: this member alone hears everything from now on, until it is dropped.
    Broadcast,
    /// Ephemeral: this member alone hears what is addressed to this inbox, until it is dropped.
    Inbox(String),
}

impl Kind {
    /// Whether it stays when its last member leaves.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        matches!(self, Self::Group { .. })
    }
}

/// Which addresses a subscription hears. An [`Kind::Inbox`] hears its own only, whatever is said here.
///
/// What is addressed to one subscription (a replayed dead letter) is heard by that one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// What is sent to everyone, or to its group.
    Everyone,
    /// What is sent to its group: answers.
    Group,
    /// Whatever it is addressed to: an observer of answers.
    All,
}

/// A subscription as it is asked of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionSpec {
    /// Its identity.
    pub id: SubscriptionId,
    /// The event types that it hears: at least one, or the broker refuses it. Usually that of the id; what is heard
    /// goes by these alone.
    pub patterns: Vec<EventPattern>,
    /// The addresses that it hears.
    pub hears: Hears,
    /// Durable or not.
    pub kind: Kind,
    /// For how long a delivery is this member's before it is handed out again: until [`Delivery::until`], unless it is
    /// extended. A broker may keep one lease for a whole group: the longest that a member asks for.
    pub lease: Duration,
}

impl SubscriptionSpec {
    /// Whether this subscription is to have an event: topic, event type and address, the whole of routing.
    ///
    /// A broker that routes by itself (by subjects, by an index) must come to the same.
    ///
    /// ```
    /// use std::time::Duration;
    /// use soorma::{
    ///     Address, EventDraft, EventEnvelope, EventTopic::BusinessFacts, Timestamp,
    ///     broker::{Hears, Kind, Start, SubscriptionId, SubscriptionSpec},
    /// };
    ///
    /// let spec = SubscriptionSpec {
    ///     id: SubscriptionId {
    ///         agent: "billing".into(),
    ///         topic: BusinessFacts,
    ///         pattern: "order.*".into(),
    ///         name: String::new(),
    ///     },
    ///     patterns: vec!["order.*".parse()?],
    ///     hears: Hears::Everyone,
    ///     kind: Kind::Group { start: Start::Now, ordered: false, was: None },
    ///     lease: Duration::from_secs(30),
    /// };
    /// let draft = EventDraft::new(BusinessFacts, "order.placed", &1)?;
    /// let event = EventEnvelope::root("shop", draft, Timestamp::now());
    /// assert!(spec.takes(&event, &Address::Everyone));
    /// assert!(spec.takes(&event, &Address::Group("billing".into())));
    /// assert!(spec.takes(&event, &Address::Subscription(spec.id.durable_name())));
    /// assert!(!spec.takes(&event, &Address::Group("stock".into())));
    /// assert!(!spec.takes(&event, &Address::Inbox("billing".into())));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn takes(&self, event: &EventEnvelope, to: &Address) -> bool {
        self.id.topic == event.topic
            && self.is_addressed(to)
            && self.patterns.iter().any(|pattern| pattern.matches(&event.event_type))
    }

    /// The part of [`takes`](Self::takes) that is about the address.
    pub(crate) fn is_addressed(&self, to: &Address) -> bool {
        if let Kind::Inbox(own) = &self.kind {
            return matches!(to, Address::Inbox(name) if name == own);
        }
        match to {
            Address::Everyone => self.hears != Hears::Group,
            Address::Group(agent) => self.hears == Hears::All || *agent == self.id.agent,
            Address::Subscription(name) => *name == self.id.durable_name(),
            Address::Inbox(_) => self.hears == Hears::All,
        }
    }
}

/// A member of a subscription. Dropping it leaves; a durable subscription stays, and what this member held comes
/// back when its lease ends.
pub trait Subscription: Send {
    /// Waits until there is something, and gives `max` deliveries at the most, at least one. A `max` of 0 is read as 1.
    ///
    /// Gives what there is, and does not wait for more. Several members of one group are all served: none starves
    /// beside another that draws as well.
    ///
    /// Cancel safe: a call that is dropped before it returns has taken nothing.
    ///
    /// # Errors
    /// [`BrokerError::Closed`] when the broker was closed. Passing troubles of the connection are the broker's
    /// own to mend: an error ends the app.
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Delivery>, BrokerError>>;

    /// How many events were gone before this subscription came to them, as far as this member has noticed: their
    /// retention was over. Never falls. A broker that keeps what is not settled has none; one that cannot tell whose
    /// they were counts all that are gone from the topic: so many at the most.
    fn missed(&self) -> u64 {
        0
    }

    /// Says that nothing more will be drawn. What is on its way to this member goes back to the others at once; what
    /// was drawn stays this member's until it is dropped. [`next`](Self::next) is not called any more.
    ///
    /// For brokers that deliver ahead of `next`. For all others there is nothing to do.
    fn stop(&mut self) {}
}

/// How much is not settled yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Stored, and not handed out; also behind another one with the same key.
    pub waiting: u64,
    /// Handed out, and not settled.
    pub in_flight: u64,
    /// Waiting for the end of a backoff, its own or that of another one with the same key.
    pub delayed: u64,
    /// Published with a delay that is not over: not counted in [`total`](Self::total), for nobody hears it yet. Zero
    /// where the broker keeps such events apart and cannot tell for whom they are, as `nats:` does.
    pub scheduled: u64,
    /// When the first backoff ends, by the broker's clock. Only a broker on a virtual clock must say it.
    pub next_due: Option<std::time::Instant>,
}

impl Backlog {
    /// Everything that is to be settled now.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.waiting + self.in_flight + self.delayed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durable_names_are_plain_short_and_distinct() {
        let id = |pattern: &str, name: &str| SubscriptionId {
            agent: "order-processor".into(),
            topic: EventTopic::BusinessFacts,
            pattern: pattern.into(),
            name: name.into(),
        };
        let plain = id("order.placed", "").durable_name();
        assert!(plain.starts_with("order-processor-order_placed-"), "{plain}");
        assert_ne!(plain, id("order.placed", "audit").durable_name());
        assert_ne!(id("order.*", "").durable_name(), id("order.>", "").durable_name());
        let long = id(&"x".repeat(128), &"y".repeat(64)).durable_name();
        assert!(
            long.len() <= 60 && long.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
            "{long}"
        );
    }
}
