//! `<namespace>.<topic>.<to>.<lane>.<event type>`: where an event lies on the server, written and read.
//!
//! `to` is `_` for everyone, a group's name, or an inbox behind an `@`. What is addressed to one subscription only
//! lies beside, under `<topic>-only`, so that the server itself keeps it from observers who hear all the rest.
//! `lane` is `_`, or `00` to `15` where the event has a key. Each segment of the event type is one token.

use std::borrow::Cow;

use soorma_common::{Address, EventTopic};

use super::overlap::apart;
use crate::{
    broker::{Hears, Kind, LANES, SubscriptionSpec},
    nats::{escape, is_plain, unescape},
};

const MARK: char = '%';

/// The tokens of the lanes.
const NUMBERS: [&str; LANES as usize] =
    ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15"];

/// Which lanes a consumer hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Those with a key, and those without.
    Any,
    /// Those without a key.
    Keyless,
    /// The keys that share this one.
    Number(u8),
}

impl Lane {
    /// What an ordered subscription consists of.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Keyless).chain((0..LANES).map(Self::Number))
    }

    pub(super) fn token(self) -> &'static str {
        match self {
            Self::Any => "*",
            Self::Keyless => "_",
            Self::Number(number) => NUMBERS[usize::from(number % LANES)],
        }
    }
}

/// The subjects of one namespace.
#[derive(Clone, Debug)]
pub(super) struct Subjects {
    namespace: String,
}

impl Subjects {
    pub(super) fn new(namespace: &str) -> Self {
        Self { namespace: namespace.to_owned() }
    }

    /// The stream of a topic.
    pub(super) fn stream(&self, topic: EventTopic) -> String {
        format!("{}_{topic}", self.namespace)
    }

    /// The stream of the dead letters.
    pub(super) fn letters(&self) -> String {
        format!("{}_dead-letters", self.namespace)
    }

    /// The stream of the groups' positions.
    pub(super) fn positions(&self) -> String {
        format!("{}_positions", self.namespace)
    }

    /// Everything that lies in the stream of a topic.
    pub(super) fn of_topic(&self, topic: EventTopic) -> Vec<String> {
        let Self { namespace } = self;
        vec![format!("{namespace}.{topic}.*.*.>"), format!("{namespace}.{topic}-only.*.*.>")]
    }

    /// The stream of what waits for its time.
    pub(super) fn later(&self) -> String {
        format!("{}_later", self.namespace)
    }

    pub(super) fn of_later(&self) -> Vec<String> {
        vec![format!("{}.later.*", self.namespace), format!("{}.due.*.*.*.>", self.namespace)]
    }

    /// From where what is due goes to its topic: a source and its destination.
    pub(super) fn due_on(&self, topic: EventTopic) -> [(String, String); 2] {
        let Self { namespace } = self;
        [topic.to_string(), format!("{topic}-only")].map(|topic| {
            (
                format!("{namespace}.due.{topic}.*.*.>"),
                format!("{namespace}.{topic}.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}.>"),
            )
        })
    }

    /// Where an event of this subject is stored at its time, to be moved to its subject by the server.
    pub(super) fn due(&self, subject: &str) -> String {
        let rest = subject.get(self.namespace.len()..).unwrap_or_default();
        format!("{}.due{rest}", self.namespace)
    }

    pub(super) fn of_letters(&self) -> String {
        format!("{}.dead-letters.*.*", self.namespace)
    }

    /// One dead letter: there is never a second one of it.
    pub(super) fn letter(&self, durable: &str, sequence: &str) -> String {
        format!("{}.dead-letters.{durable}.{sequence}", self.namespace)
    }

    pub(super) fn of_positions(&self) -> String {
        format!("{}.positions.*", self.namespace)
    }

    pub(super) fn position(&self, durable: &str) -> String {
        format!("{}.positions.{durable}", self.namespace)
    }

    /// Where an event waits for its time.
    pub(super) fn waits(&self, id: &str) -> String {
        format!("{}.later.{id}", self.namespace)
    }

    /// Where an event lies.
    pub(super) fn event(
        &self,
        topic: EventTopic,
        to: &Address,
        lane: Option<u8>,
        event_type: &str,
    ) -> String {
        let mut subject = self.addressed(topic, to);
        subject.push('.');
        subject.push_str(lane.map_or(Lane::Keyless, Lane::Number).token());
        push_type(event_type, &mut subject);
        subject
    }

    fn addressed(&self, topic: EventTopic, to: &Address) -> String {
        let Self { namespace } = self;
        let mut subject = String::with_capacity(96);
        subject.push_str(namespace);
        subject.push('.');
        subject.push_str(topic.as_str());
        match to {
            Address::Everyone => subject.push_str("._"),
            // An agent may be called `_`.
            Address::Group(name) if name == "_" => subject.push_str(".%5F"),
            Address::Group(name) => {
                subject.push('.');
                escape(name, MARK, &mut subject);
            }
            Address::Inbox(name) => {
                subject.push_str(".@");
                escape(name, MARK, &mut subject);
            }
            Address::Subscription(name) => {
                subject.push_str("-only.");
                escape(name, MARK, &mut subject);
            }
        }
        subject
    }

    /// What a consumer of this subscription filters: no two of them overlap, and all that the subscription hears is
    /// among them. It may be more where patterns overlap in part.
    pub(super) fn filters(&self, spec: &SubscriptionSpec, lane: Lane) -> Vec<String> {
        let Self { namespace } = self;
        let topic = spec.id.topic;
        let mut starts = Vec::new();
        match &spec.kind {
            Kind::Inbox(name) => starts.push(self.addressed(topic, &Address::Inbox(name.clone()))),
            Kind::Group { .. } | Kind::Broadcast => {
                match spec.hears {
                    Hears::All => starts.push(format!("{namespace}.{topic}.*")),
                    Hears::Everyone => starts.push(self.addressed(topic, &Address::Everyone)),
                    Hears::Group => {}
                }
                if spec.hears != Hears::All {
                    starts.push(self.addressed(topic, &Address::Group(spec.id.agent.clone())));
                }
                let was = match &spec.kind {
                    Kind::Group { was, .. } => was.as_ref(),
                    Kind::Broadcast | Kind::Inbox(_) => None,
                };
                for id in std::iter::once(&spec.id).chain(was) {
                    starts.push(self.addressed(topic, &Address::Subscription(id.durable_name())));
                }
            }
        }
        let lane = lane.token();
        let patterns = apart(&spec.patterns);
        let filter = |start: &String| {
            let start = start.clone();
            patterns.iter().map(move |pattern| format!("{start}.{lane}{}", pattern_tokens(pattern)))
        };
        starts.iter().flat_map(filter).collect()
    }
}

/// Where a message was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The lane, as it stands there.
    pub(super) lane: String,
    /// The event type; `None` where the tokens are none.
    pub(super) event_type: Option<String>,
    /// The event type's tokens, with the dot before them.
    pub(super) tail: String,
}

/// Reads a subject of [`Subjects::event`].
pub(super) fn found(subject: &str) -> Found {
    let (lane, tail) = lane_and_tail(subject);
    let event_type = event_type_of(subject).map(Cow::into_owned);
    Found { lane: lane.to_owned(), event_type, tail: format!(".{tail}") }
}

/// The event type alone.
pub(super) fn event_type_of(subject: &str) -> Option<Cow<'_, str>> {
    let (_, tail) = lane_and_tail(subject);
    // Looked at byte by byte, as each delivery is: to look for a delimiter at a time costs many times that.
    let mut before = b'.';
    let plain = tail.bytes().all(|byte| {
        let ends = before == b'.';
        before = byte;
        if byte == b'.' { !ends } else { is_plain(byte) }
    });
    if plain && before != b'.' {
        return Some(Cow::Borrowed(tail));
    }
    let segments: Option<Vec<String>> = tail.split('.').map(|token| unescape(token, MARK)).collect();
    segments.map(|all| Cow::Owned(all.join(".")))
}

fn lane_and_tail(subject: &str) -> (&str, &str) {
    let mut dots = subject.bytes().enumerate().filter(|(_, byte)| *byte == b'.').map(|(at, _)| at).skip(2);
    let Some(before) = dots.next() else { return ("_", "") };
    match dots.next() {
        Some(after) => (&subject[before + 1..after], &subject[after + 1..]),
        None => (&subject[before + 1..], ""),
    }
}

fn push_type(event_type: &str, subject: &mut String) {
    // Most are what they become: no segment is empty, and no byte is odd.
    let (mut plain, mut last) = (true, b'.');
    for byte in event_type.bytes() {
        plain &= is_plain(byte) || (byte == b'.' && last != b'.');
        last = byte;
    }
    if plain && last != b'.' {
        subject.push('.');
        subject.push_str(event_type);
        return;
    }
    for segment in event_type.split('.') {
        subject.push('.');
        escape(segment, MARK, subject);
    }
}

fn pattern_tokens(pattern: &str) -> String {
    let mut tokens = String::new();
    for segment in pattern.split('.') {
        tokens.push('.');
        match segment {
            "*" | ">" => tokens.push_str(segment),
            name => escape(name, MARK, &mut tokens),
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use EventTopic::{ActionResults, BusinessFacts};

    use super::*;
    use crate::broker::{Start, SubscriptionId};

    fn subjects() -> Subjects {
        Subjects::new("prod")
    }

    fn spec(patterns: &[&str], hears: Hears, was: bool) -> SubscriptionSpec {
        let id = |pattern: &str| SubscriptionId {
            agent: "shop".into(),
            topic: ActionResults,
            pattern: pattern.into(),
            name: String::new(),
        };
        SubscriptionSpec {
            id: id("new"),
            patterns: patterns.iter().map(|pattern| pattern.parse().unwrap()).collect(),
            hears,
            kind: Kind::Group { start: Start::Now, ordered: false, was: was.then(|| id("old")) },
            lease: Duration::from_secs(30),
        }
    }

    #[test]
    fn an_event_lies_where_its_address_key_and_type_say() {
        let at = |to, lane, event_type: &str| subjects().event(BusinessFacts, &to, lane, event_type);
        assert_eq!(at(Address::Everyone, None, "order.placed"), "prod.business-facts._._.order.placed");
        assert_eq!(at(Address::Group("shop".into()), Some(7), "a"), "prod.business-facts.shop.07.a");
        assert_eq!(at(Address::Group("_".into()), None, "a"), "prod.business-facts.%5F._.a");
        assert_eq!(at(Address::Inbox("a.b".into()), None, "a"), "prod.business-facts.@a%2Eb._.a");
        let only = at(Address::Subscription("shop-x-1".into()), Some(15), "a");
        assert_eq!(only, "prod.business-facts-only.shop-x-1.15.a");
    }

    #[test]
    fn event_types_of_any_text_are_read_back() {
        for event_type in ["order.placed", "Order Placed!", "a..b", ".", "*.>", "größe", "%41.%"] {
            let subject = subjects().event(BusinessFacts, &Address::Everyone, Some(3), event_type);
            assert!(subject.split('.').all(|token| !token.is_empty() && token != "*" && token != ">"));
            let found = found(&subject);
            assert_eq!((found.event_type.as_deref(), found.lane.as_str()), (Some(event_type), "03"));
            assert!(subject.ends_with(&found.tail));
        }
        assert_eq!(found("prod.business-facts._._.a%2a").event_type, None);
    }

    #[test]
    fn a_subscription_filters_its_addresses_and_an_observer_all_but_those_of_others() {
        let own = |pattern: &str| spec(&[pattern], Hears::All, false).id.durable_name();
        let filters = subjects().filters(&spec(&["x.*"], Hears::Everyone, false), Lane::Any);
        let only = format!("prod.action-results-only.{}.*.x.*", own("x.*"));
        assert_eq!(filters, ["prod.action-results._.*.x.*", "prod.action-results.shop.*.x.*", only.as_str()]);
        let filters = subjects().filters(&spec(&[">"], Hears::All, false), Lane::Number(4));
        assert_eq!(filters[0], "prod.action-results.*.04.>");
        assert_eq!(filters.len(), 2);
        let filters = subjects().filters(&spec(&["x"], Hears::Group, true), Lane::Keyless);
        assert_eq!(filters.len(), 3, "its own address, and the one that it had: {filters:?}");
    }
}
