//! From a draft to a stored event: lineage, ids, depth, admission.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use soorma_common::{
    Address, EventDraft, EventEnvelope, EventTopic, id,
    lineage::{self, Expectation},
};

use super::Bus;
use crate::{
    broker::{Admission, Publication, PublishError, Published},
    error::BusError,
    handler::Scope,
};

impl Bus {
    /// The event that this draft becomes here: a child of the event being handled, or the first of a workflow.
    pub(super) fn next_event(&self, draft: EventDraft, to: &Address) -> EventEnvelope {
        self.next_event_for(draft, to, &[])
    }

    /// The same as a request, which may belong to a task.
    pub(super) fn next_request(
        &self,
        draft: EventDraft,
        expectation: Expectation,
        to: &Address,
        task: Option<&str>,
    ) -> EventEnvelope {
        let answer_to = expectation.to.to_string();
        let purpose =
            [expectation.event.as_bytes(), expectation.topic.as_str().as_bytes(), answer_to.as_bytes()];
        let mut event = self.next_event_for(draft, to, &purpose);
        if let Some(task) = task {
            event.id = format!("{task}.{}", event.id).into();
        }
        lineage::request(event, expectation)
    }

    fn next_event_for(&self, draft: EventDraft, to: &Address, purpose: &[&[u8]]) -> EventEnvelope {
        let id = self.scope.as_ref().map(|scope| {
            // The same said to one agent and to everyone is not the same event.
            let to = (*to != Address::Everyone).then(|| to.to_string());
            let to = to.iter().map(String::as_bytes);
            let purpose: Vec<&[u8]> = purpose.iter().copied().chain(to).collect();
            id_by_content(scope, &draft, &purpose)
        });
        self.event_under(draft, id)
    }

    /// The event under an id of its own; `None` for a fresh one.
    pub(super) fn event_under(&self, draft: EventDraft, id: Option<Arc<str>>) -> EventEnvelope {
        let now = self.services.clock.timestamp();
        let mut event = match &self.scope {
            Some(scope) => {
                let id = id.unwrap_or_else(id::fresh);
                lineage::child(&scope.parent, self.agent.clone(), id, draft, now)
            }
            None => EventEnvelope::root(self.agent.clone(), draft, now),
        };
        if self.scope.is_none()
            && let Some(identity) = &self.identity
        {
            identity.put_into(&mut event);
        }
        if let Some(plan) = &self.plan {
            event.plan_id = Some(plan.to_string());
        }
        event
    }

    /// The answer to a request, and to whom it goes.
    pub(super) fn response(&self, request: &EventEnvelope, draft: EventDraft) -> (EventEnvelope, Address) {
        let (draft, to) = as_asked(request, draft);
        let id = match &self.scope {
            Some(scope) => id_by_content(scope, &draft, &[request.source.as_bytes(), request.id.as_bytes()]),
            None => id::fresh(),
        };
        let now = self.services.clock.timestamp();
        (lineage::response(request, self.agent.clone(), id, draft, now), to)
    }

    pub(super) async fn send_request(
        &self,
        draft: EventDraft,
        expectation: Expectation,
        to: Address,
        task: Option<&str>,
    ) -> Result<String, BusError> {
        let request = self.next_request(draft, expectation, &to, task);
        let id = request.id.to_string();
        self.send(request, to).await?;
        Ok(id)
    }

    pub(super) fn send(
        &self,
        event: EventEnvelope,
        to: Address,
    ) -> impl Future<Output = Result<Published, BusError>> + Send {
        self.send_after(Duration::ZERO, event, to)
    }

    /// The event goes to its place on the heap before anything waits: no future is as large as it.
    pub(super) fn send_after(
        &self,
        delay: Duration,
        event: EventEnvelope,
        to: Address,
    ) -> impl Future<Output = Result<Published, BusError>> + Send {
        let publication = self.publication(delay, event, to);
        async move { self.store(publication?).await }
    }

    pub(super) fn publication(
        &self,
        delay: Duration,
        event: EventEnvelope,
        to: Address,
    ) -> Result<Publication, BusError> {
        let limit = self.services.settings.max_depth;
        if event.depth > limit {
            if let Some(scope) = &self.scope {
                scope.too_deep.store(true, Ordering::Relaxed);
            }
            return Err(BusError::TooDeep {
                event_type: event.event_type.into_owned(),
                depth: event.depth,
                limit,
            });
        }
        let admission = match &self.scope {
            Some(_) => Admission::Always,
            None => Admission::Within(self.services.settings.publish_timeout),
        };
        Ok(Publication { event: Arc::new(event), to, admission, delay })
    }

    pub(super) async fn store(&self, publication: Publication) -> Result<Published, BusError> {
        // Not the event, which is free as soon as the broker has written it.
        let event_type = publication.event.event_type.clone();
        let failed = |source| BusError::Publish { event_type: event_type.into_owned(), source };
        if self.services.is_closed() {
            return Err(failed(PublishError::Closed));
        }
        self.services.broker.publish_one(publication).await.map_err(failed)
    }
}

/// The draft under the name that the request asks for, and the address of whoever asked.
pub(super) fn as_asked(request: &EventEnvelope, draft: EventDraft) -> (EventDraft, Address) {
    let event_type = match &request.response_event {
        Some(event_type) => event_type.clone().into(),
        None => draft.event_type,
    };
    let topic = match (&request.response_event, request.response_topic) {
        (_, Some(topic)) => topic,
        (Some(_), None) => EventTopic::ActionResults,
        (None, None) => draft.topic,
    };
    (EventDraft { event_type, topic, ..draft }, request.response_to.clone().unwrap_or_default())
}

/// The id of what a handler publishes through the bus: its parent, its handler, and everything that it says.
/// `purpose` tells apart what says the same: answers to different requests, a request and a mere event. What is alike
/// in all of this is told apart by its order, so a second run may add an event but never loses one.
fn id_by_content(scope: &Scope, draft: &EventDraft, purpose: &[&[u8]]) -> Arc<str> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (subject, key) = (text(&draft.subject), text(&draft.partition_key));
    let said = [
        draft.topic.as_str().as_bytes(),
        draft.event_type.as_bytes(),
        subject.as_bytes(),
        key.as_bytes(),
        draft.data.get().as_bytes(),
    ];
    let digest = id::derived(&[&said, purpose].concat());
    id_in(scope, &draft.event_type, digest.as_bytes(), scope.occurrence(digest.as_u128()))
}

/// The id of a step of a handler: the same name a second time is another step.
#[cfg(feature = "toolkit")]
pub(super) fn id_of_step(scope: &Scope, purpose: &str, name: &str) -> Arc<str> {
    let digest = id::derived(&[b"step", purpose.as_bytes(), name.as_bytes()]);
    id_in(scope, purpose, digest.as_bytes(), scope.occurrence(digest.as_u128()))
}

/// An id below the event that is being handled.
pub(super) fn id_in(scope: &Scope, event_type: &str, place: &[u8], occurrence: u32) -> Arc<str> {
    id::text(id::derived(&[
        scope.parent.source.as_bytes(),
        scope.parent.id.as_bytes(),
        scope.subscription.as_bytes(),
        event_type.as_bytes(),
        place,
        &occurrence.to_le_bytes(),
    ]))
}
