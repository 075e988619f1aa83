//! Which subscriptions an event goes to. Owns matching by event type and by address; must not know queues.

use soorma_common::{Address, EventEnvelope};

use crate::{
    broker::{SubscriptionId, SubscriptionSpec},
    sorted::Sorted,
};

/// What one subscription hears.
pub(super) struct Hearing(SubscriptionSpec);

impl Hearing {
    pub(super) fn of(spec: &SubscriptionSpec) -> Self {
        Self(spec.clone())
    }

    pub(super) fn is_of(&self, spec: &SubscriptionSpec) -> bool {
        self.0 == *spec
    }

    pub(super) fn id(&self) -> &SubscriptionId {
        &self.0.id
    }

    /// Whether it takes an event of this topic. `listed` says that the [`Router`] has it under that very event type.
    pub(super) fn takes(&self, event: &EventEnvelope, to: &Address, listed: bool) -> bool {
        if listed { self.0.is_addressed(to) } else { self.0.takes(event, to) }
    }

    /// The event types, where these are all: a pattern among them means that every event must be looked at.
    fn event_types(&self) -> Option<Vec<&str>> {
        let mut types = Sorted::default();
        for pattern in &self.0.patterns {
            types.add(pattern.exact()?);
        }
        Some(types.into_keys())
    }
}

/// Finds the subscriptions of an event type: those of other types cost nothing.
#[derive(Default)]
pub(super) struct Router {
    /// To compare a few names costs less than to hash one.
    by_type: Sorted<String, Vec<usize>>,
    by_pattern: Vec<usize>,
}

impl Router {
    pub(super) fn add(&mut self, index: usize, hearing: &Hearing) {
        match hearing.event_types() {
            Some(types) => {
                for event_type in types {
                    self.by_type.or_insert_with(event_type.to_owned(), Vec::new).push(index);
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
