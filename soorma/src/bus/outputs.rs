//! From what a handler returned to events: children, durable requests, and the answer to whoever asked.

use std::{sync::Arc, time::Duration};

use soorma_common::{
    Address, Contract, EventDraft, EventEnvelope, EventTopic, Timestamp, id,
    lineage::{self, Expectation},
};

use super::{
    Bus,
    publish::{as_asked, id_in},
};
use crate::{
    broker::{Admission, Publication},
    error::{BusError, TaskFailed},
    handler::{Registration, Role, Scope},
    outputs::{Output, Outputs, Place},
    services::Services,
};

/// The answer that a request with this response asks for, addressed to `agent`.
pub(super) fn expectation(response: &Contract, agent: &str) -> Expectation {
    Expectation {
        event: response.event_type.to_owned(),
        topic: response.topic,
        to: Address::Group(agent.to_owned()),
        expires_at: None,
        schema_name: Some(response.type_name.to_owned()),
    }
}

/// What a call of a handler returned, as publications.
///
/// # Errors
/// [`BusError::TooDeep`].
pub(crate) fn of_handler(
    services: &Services,
    agent: &Arc<str>,
    registration: &Registration,
    scope: &Scope,
    outputs: Outputs,
) -> Result<Vec<Publication>, BusError> {
    let now = services.clock.timestamp();
    let limit = services.settings.max_depth;
    let sole = outputs.len() == 1;
    outputs
        .into_items()
        .into_iter()
        .map(|output| {
            let (event, to) = of_output(agent, registration, scope, output, sole, now);
            if event.depth > limit {
                return Err(BusError::TooDeep {
                    event_type: event.event_type.into_owned(),
                    depth: event.depth,
                    limit,
                });
            }
            Ok(Publication {
                event: Arc::new(event),
                to,
                admission: Admission::Always,
                delay: Duration::ZERO,
            })
        })
        .collect()
}

fn of_output(
    agent: &Arc<str>,
    registration: &Registration,
    scope: &Scope,
    output: Output,
    sole: bool,
    now: Timestamp,
) -> (EventEnvelope, Address) {
    let Output { contract, draft, place } = output;
    if answers(registration, scope, contract, sole) {
        let (draft, to) = as_asked(&scope.parent, draft);
        let id = id_at(scope, &draft, place);
        return (lineage::response(&scope.parent, agent.clone(), id, draft, now), to);
    }
    let id = id_at(scope, &draft, place);
    let child = lineage::child(&scope.parent, agent.clone(), id, draft, now);
    match contract.response {
        Some(response) => (lineage::request(child, expectation(response, agent)), Address::Everyone),
        None => (child, Address::Everyone),
    }
}

/// Whether this output is the answer of a task: the response that the request's payload declares; where it declares
/// none, the only output, if it is an action result and the request asks for one.
fn answers(registration: &Registration, scope: &Scope, output: &Contract, sole: bool) -> bool {
    if registration.role != Role::OnTask {
        return false;
    }
    match registration.consumes.and_then(|consumes| consumes.response) {
        Some(response) => (response.topic, response.event_type) == (output.topic, output.event_type),
        None => {
            let is_answer = output.topic == EventTopic::ActionResults && output.response.is_none();
            sole && is_answer && scope.parent.response_event.is_some()
        }
    }
}

/// Where the return type fixes the place, the place alone; in a list, the payload and its occurrence.
fn id_at(scope: &Scope, draft: &EventDraft, place: Place) -> Arc<str> {
    match place {
        Place::Fixed { path, before } => {
            let before = u32::try_from(before).unwrap_or(u32::MAX);
            id_in(scope, &draft.event_type, &path.to_le_bytes(), before)
        }
        Place::InList => {
            let digest = id::derived(&[b"list", draft.event_type.as_bytes(), draft.data.get().as_bytes()]);
            id_in(scope, &draft.event_type, digest.as_bytes(), scope.occurrence(digest.as_u128()))
        }
    }
}

/// The id of what is said of a task.
pub(crate) fn lifecycle_id(scope: &Scope, event_type: &str) -> Arc<str> {
    id_in(scope, event_type, b"lifecycle", 0)
}

/// The answer of a task that its function has left to others.
pub(crate) fn deferred_answer(
    services: &Services,
    agent: &str,
    scope: &Scope,
    draft: EventDraft,
) -> EventEnvelope {
    let (draft, _) = as_asked(&scope.parent, draft);
    let id = id_in(scope, &draft.event_type, b"deferred", 0);
    lineage::response(&scope.parent, agent, id, draft, services.clock.timestamp())
}

/// The answer of a task that is given up; `None` where nobody named an event to be told by.
pub(crate) fn task_failed(
    services: &Services,
    agent: &str,
    scope: &Scope,
    failed: &TaskFailed,
) -> Option<Publication> {
    let request = &scope.parent;
    let response_event = request.response_event.as_deref()?;
    let event_type = TaskFailed::event_type(response_event);
    let topic = request.response_topic.unwrap_or(EventTopic::ActionResults);
    let mut draft = EventDraft::new(topic, event_type, failed).ok()?;
    draft.payload_schema_name = Some(TaskFailed::SCHEMA.into());
    let id = id_in(scope, &draft.event_type, b"failed", 0);
    let to = request.response_to.clone().unwrap_or_default();
    let event = lineage::response(request, agent, id, draft, services.clock.timestamp());
    Some(Publication { event: Arc::new(event), to, admission: Admission::Always, delay: Duration::ZERO })
}

impl Bus {
    /// Publishes what a hook returned: each the first event of a workflow.
    pub(crate) async fn publish_outputs(&self, outputs: Outputs) -> Result<(), BusError> {
        for Output { contract, draft, .. } in outputs.into_items() {
            match contract.response {
                Some(response) => {
                    let expectation = expectation(response, self.agent());
                    drop(self.send_request(draft, expectation, Address::Everyone, None).await?);
                }
                None => drop(self.send(self.next_event(draft, &Address::Everyone), Address::Everyone).await?),
            }
        }
        Ok(())
    }
}
