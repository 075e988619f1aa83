//! How one event descends from another: which attributes a child, a request and an answer take over.
//!
//! Inside a handler the bus does this by itself. Outside, [`create_child_request`] and [`create_response`] do the
//! same.

use std::sync::Arc;

use crate::{Address, EventDraft, EventEnvelope, EventTopic, Timestamp, id};

/// The answer that a request asks for.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The event type of the answer.
    pub event: String,
    /// The topic of the answer.
    pub topic: EventTopic,
    /// To whom it shall be sent.
    pub to: Address,
    /// Past this, nobody waits any more.
    pub expires_at: Option<Timestamp>,
    /// The name of the answer's schema.
    pub schema_name: Option<String>,
}

/// An event that the handler of `parent` publishes: same trace, same conversation, one deeper.
///
/// Where `parent` is an answer, the conversation is the one that its request interrupted.
#[must_use]
pub fn child(
    parent: &EventEnvelope,
    source: impl Into<Arc<str>>,
    id: impl Into<Arc<str>>,
    draft: EventDraft,
    timestamp: Timestamp,
) -> EventEnvelope {
    let correlation_id = match &parent.origin_correlation_id {
        Some(outer) if parent.is_answer() => outer.clone(),
        _ => parent.correlation_id.clone(),
    };
    let depth = parent.depth.saturating_add(1);
    EventEnvelope { correlation_id, depth, ..descend(parent, source, id, draft, timestamp) }
}

/// The answer to `request`: same conversation, same depth, and the outer conversation echoed.
#[must_use]
pub fn response(
    request: &EventEnvelope,
    source: impl Into<Arc<str>>,
    id: impl Into<Arc<str>>,
    draft: EventDraft,
    timestamp: Timestamp,
) -> EventEnvelope {
    EventEnvelope {
        correlation_id: request.correlation_id.clone(),
        origin_correlation_id: request.origin_correlation_id.clone(),
        depth: request.depth,
        ..descend(request, source, id, draft, timestamp)
    }
}

/// Makes a request of an event: a conversation of its own, with the outer one remembered.
///
/// The new conversation has the request's id for a name, so a request sent twice opens one conversation.
#[must_use]
pub fn request(event: EventEnvelope, expectation: Expectation) -> EventEnvelope {
    EventEnvelope {
        origin_correlation_id: Some(event.correlation_id),
        correlation_id: event.id.clone(),
        response_event: Some(expectation.event),
        response_topic: Some(expectation.topic),
        response_to: Some(expectation.to),
        expires_at: expectation.expires_at,
        response_schema_name: expectation.schema_name,
        ..event
    }
}

/// A request that descends from `parent`, with a fresh id; for use outside a handler.
///
/// ```
/// use soorma_common::{Address, EventDraft, EventEnvelope, EventTopic, Timestamp, lineage};
///
/// let goal = EventDraft::new(EventTopic::BusinessFacts, "goal.set", &"know more")?;
/// let goal = EventEnvelope::root("planner", goal, Timestamp::now());
/// let search = EventDraft::new(EventTopic::ActionRequests, "web.search", &"AI")?;
/// let request = lineage::create_child_request(&goal, "planner", search, lineage::Expectation {
///     event: "task-1.search.done".into(),
///     topic: EventTopic::ActionResults,
///     to: Address::Group("planner".into()),
///     expires_at: None,
///     schema_name: None,
/// });
/// assert_eq!(request.trace_id, goal.trace_id);
/// assert_eq!(request.parent_event_id.as_deref(), Some(&*goal.id));
/// assert_eq!(request.origin_correlation_id.as_deref(), Some(&*goal.correlation_id));
/// # Ok::<_, serde_json::Error>(())
/// ```
#[must_use]
pub fn create_child_request(
    parent: &EventEnvelope,
    source: &str,
    draft: EventDraft,
    expectation: Expectation,
) -> EventEnvelope {
    request(child(parent, source, id::fresh(), draft, Timestamp::now()), expectation)
}

/// The answer to `request`, with a fresh id; for use outside a handler. Its event type and topic are the draft's:
/// `request.response_event` and `request.response_topic` say what the caller asked for.
#[must_use]
pub fn create_response(request: &EventEnvelope, source: &str, draft: EventDraft) -> EventEnvelope {
    response(request, source, id::fresh(), draft, Timestamp::now())
}

/// What every descendant takes over.
fn descend(
    parent: &EventEnvelope,
    source: impl Into<Arc<str>>,
    id: impl Into<Arc<str>>,
    draft: EventDraft,
    timestamp: Timestamp,
) -> EventEnvelope {
    EventEnvelope {
        parent_event_id: Some(parent.id.clone()),
        tenant_id: parent.tenant_id.clone(),
        user_id: parent.user_id.clone(),
        session_id: parent.session_id.clone(),
        goal_id: parent.goal_id.clone(),
        plan_id: parent.plan_id.clone(),
        ..EventEnvelope::new(id.into(), parent.trace_id.clone(), source.into(), draft, timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(event_type: &'static str) -> EventDraft {
        EventDraft::new(EventTopic::BusinessFacts, event_type, &()).unwrap()
    }

    fn expectation() -> Expectation {
        Expectation {
            event: "a.done".into(),
            topic: EventTopic::ActionResults,
            to: Address::Group("orders".into()),
            expires_at: None,
            schema_name: None,
        }
    }

    #[test]
    fn a_child_stays_in_trace_and_conversation_and_is_one_deeper() {
        let mut root = EventEnvelope::root("orders", draft("a"), Timestamp::now());
        root.tenant_id = Some("t1".into());
        let child = child(&root, "stock", "c1", draft("b"), Timestamp::now());
        assert_eq!((child.depth, &child.trace_id), (1, &root.trace_id));
        assert_eq!(child.correlation_id, root.correlation_id);
        assert_eq!(child.parent_event_id.as_deref(), Some(&*root.id));
        assert_eq!(child.tenant_id.as_deref(), Some("t1"));
        assert_ne!(child.traceparent(), root.traceparent());
    }

    #[test]
    fn whoever_handles_the_answer_goes_on_with_the_outer_conversation() {
        let root = EventEnvelope::root("orders", draft("a"), Timestamp::now());
        let request = create_child_request(&root, "orders", draft("b"), expectation());
        assert_ne!(request.correlation_id, root.correlation_id);
        assert!(!request.is_answer());
        let answer = create_response(&request, "stock", draft("c"));
        assert_eq!((&answer.correlation_id, answer.depth), (&request.correlation_id, request.depth));
        assert!(answer.is_answer());
        let next = child(&answer, "orders", "n1", draft("d"), Timestamp::now());
        assert_eq!(next.correlation_id, root.correlation_id);
        assert_eq!(next.origin_correlation_id, None);
        // What the worker publishes besides belongs to the request's conversation.
        let aside = child(&request, "stock", "n2", draft("e"), Timestamp::now());
        assert_eq!(aside.correlation_id, request.correlation_id);
    }
}
