//! Which subscriptions an event goes to. Owns matching by event type and by address; must not know queues.

use std::collections::HashMap;

use soorma_common::{Address, EventPattern};

use crate::broker::{Hears, Kind, SubscriptionId, SubscriptionSpec};

/// What one subscription hears.
pub(super) struct Hearing {
    pub(super) id: SubscriptionId,
    durable_name: String,
    patterns: Vec<EventPattern>,
    hears: Hears,
    inbox: Option<String>,
}

impl Hearing {
    pub(super) fn of(spec: &SubscriptionSpec) -> Self {
        Self {
            id: spec.id.clone(),
            durable_name: spec.id.durable_name(),
            patterns: spec.patterns.clone(),
            hears: spec.hears,
            inbox: match &spec.kind {
                Kind::Inbox(name) => Some(name.clone()),
                Kind::Group { .. } | Kind::Broadcast => None,
            },
        }
    }

    pub(super) fn durable_name(&self) -> &str {
        &self.durable_name
    }

    /// Whether it takes an event. `listed` says that the [`Router`] has it under that very event type.
    pub(super) fn takes(&self, event_type: &str, to: &Address, listed: bool) -> bool {
        self.is_addressed(to) && (listed || self.patterns.iter().any(|pattern| pattern.matches(event_type)))
    }

    fn is_addressed(&self, to: &Address) -> bool {
        if let Some(inbox) = &self.inbox {
            return matches!(to, Address::Inbox(name) if name == inbox);
        }
        match to {
            Address::Everyone => self.hears != Hears::Group,
            Address::Group(agent) => self.hears == Hears::All || *agent == self.id.agent,
            Address::Subscription(name) => *name == self.durable_name,
            Address::Inbox(_) => self.hears == Hears::All,
        }
    }

    /// The event types, where these are all: a pattern among them means that every event must be looked at.
    fn event_types(&self) -> Option<Vec<&str>> {
        let mut types = self.patterns.iter().map(EventPattern::exact).collect::<Option<Vec<_>>>()?;
        types.sort_unstable();
        types.dedup();
        Some(types)
    }
}

/// Finds the subscriptions of an event type: those of other types cost nothing.
#[derive(Default)]
pub(super) struct Router {
    by_type: HashMap<String, Vec<usize>>,
    by_pattern: Vec<usize>,
}

impl Router {
    pub(super) fn add(&mut self, index: usize, hearing: &Hearing) {
        match hearing.event_types() {
            Some(types) => {
                for event_type in types {
                    self.by_type.entry(event_type.to_owned()).or_default().push(index);
                }
            }
            None => self.by_pattern.push(index),
        }
    }

    pub(super) fn remove(&mut self, index: usize, hearing: &Hearing) {
        self.by_pattern.retain(|known| *known != index);
        for event_type in hearing.event_types().unwrap_or_default() {
            if let Some(known) = self.by_type.get_mut(event_type) {
                known.retain(|known| *known != index);
                if known.is_empty() {
                    self.by_type.remove(event_type);
                }
            }
        }
    }

    /// Those to ask whether they take it, each once, and whether they are listed under that very event type.
    pub(super) fn candidates(&self, event_type: &str) -> impl Iterator<Item = (usize, bool)> {
        let listed = self.by_type.get(event_type).into_iter().flatten();
        listed.map(|index| (*index, true)).chain(self.by_pattern.iter().map(|index| (*index, false)))
    }
}
