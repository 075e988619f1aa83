//! The agent `audit`: hears everything, by pattern, and knows nobody. Its counts are this process's own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use soorma::prelude::*;

use crate::tree::Node;

/// How many events of one order are kept.
const LONGEST_TREE: usize = 100;

/// What was heard.
#[derive(Default)]
pub(crate) struct Audit(Mutex<Heard>);

#[derive(Default)]
pub(crate) struct Heard {
    /// Events by topic and type.
    pub(crate) counts: BTreeMap<EventTopic, BTreeMap<String, u64>>,
    /// The workflow of the first event that was heard, and its events.
    pub(crate) trace: Option<String>,
    pub(crate) tree: Vec<Node>,
}

impl Heard {
    pub(crate) fn total(&self) -> u64 {
        self.counts.values().flat_map(BTreeMap::values).sum()
    }

    fn add(&mut self, event: &EventEnvelope) {
        let types = self.counts.entry(event.topic).or_default();
        match types.get_mut(&*event.event_type) {
            Some(count) => *count += 1,
            None => drop(types.insert(event.event_type.to_string(), 1)),
        }
        let trace = self.trace.get_or_insert_with(|| event.trace_id.to_string());
        if *trace == *event.trace_id && self.tree.len() < LONGEST_TREE {
            self.tree.push(Node::of(event));
        }
    }
}

impl Audit {
    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing new is heard: the audit may be behind the agents whose events it hears.
    pub(crate) async fn quiet(&self) {
        let mut before = self.heard().total();
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = self.heard().total();
            if now == before {
                return;
            }
            before = now;
        }
    }
}

#[on_event(topic = BusinessFacts, event_type = ">", agent = "audit")]
#[on_event(topic = ActionRequests, event_type = ">", agent = "audit")]
#[on_event(topic = ActionResults, event_type = ">", agent = "audit")]
pub(crate) async fn listen(event: Arc<EventEnvelope>, audit: State<Audit>) {
    audit.heard().add(&event);
}
