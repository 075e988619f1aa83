//! What the framework says of tasks, and planners of plans: payloads that anybody may handle.
//!
//! Owns the payload types and when a task's are published; knows nothing of how a delivery is settled.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soorma_common::{Address, EventDraft, EventEnvelope, lineage};
use soorma_macros::EventPayload;

use crate::{broker::Publication, bus, error::TaskFailed, handler::Scope, services::Services};

/// A task of a plan has begun. Published by the framework, once, before the task's function first runs.
///
/// Agent and plan are the envelope's `source` and `plan_id`.
///
/// ```
/// use soorma::{lifecycle::{TaskCompleted, TaskProgress}, prelude::*};
///
/// #[on_event]
/// async fn track(progress: Event<TaskProgress>, memory: Memory) -> anyhow::Result<()> {
///     memory.store(&progress.task_id, &progress.fraction).await?;
///     Ok(())
/// }
///
/// #[on_event]
/// async fn done(task: Event<TaskCompleted>, memory: Memory) -> anyhow::Result<()> {
///     memory.delete(&task.task_id).await?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(crate = crate, topic = TaskEvents, event_type = "task.started")]
pub struct TaskStarted {
    /// The id of the request that the task answers.
    pub task_id: String,
    /// The event type of that request.
    pub request: String,
}

/// A task of a plan says how far it is: [`Task::progress`](crate::Task::progress).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(crate = crate, topic = TaskEvents, event_type = "task.progress")]
pub struct TaskProgress {
    /// The id of the request that the task answers.
    pub task_id: String,
    /// The event type of that request.
    pub request: String,
    /// How much is done, from 0 to 1.
    pub fraction: f64,
    /// What it does now, for people.
    pub message: String,
}

/// A task of a plan has answered. Published by the framework, together with the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(crate = crate, topic = TaskEvents, event_type = "task.completed")]
pub struct TaskCompleted {
    /// The id of the request that the task answers.
    pub task_id: String,
    /// The event type of that request.
    pub request: String,
}

/// A task of a plan has failed for good. Published by the framework, with the answer that says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(crate = crate, topic = TaskEvents, event_type = "task.failed")]
pub struct TaskFailure {
    /// The id of the request that the task should answer.
    pub task_id: String,
    /// The event type of that request.
    pub request: String,
    /// The last error, for people.
    pub reason: String,
    /// Why the attempts ended, for programs: as in [`TaskFailed`].
    pub code: String,
    /// Whether the same request might succeed later.
    pub retryable: bool,
    /// How often the worker tried.
    pub attempts: u32,
}

/// A planner begins a plan. Published by the planner, on [`Bus::in_plan`](crate::Bus::in_plan): the plan is the envelope's `plan_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(crate = crate, topic = PlanEvents, event_type = "plan.started")]
pub struct PlanStarted {
    /// What the plan is for, for people.
    pub description: String,
}

/// A plan has reached its goal. Published by the planner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(crate = crate, topic = PlanEvents, event_type = "plan.completed")]
pub struct PlanCompleted {}

/// A plan was given up. Published by the planner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(crate = crate, topic = PlanEvents, event_type = "plan.failed")]
pub struct PlanFailed {
    /// Why, for people.
    pub reason: String,
}

/// What is to be said of a task.
#[derive(Clone, Copy)]
pub(crate) enum Stage<'a> {
    Started,
    Completed,
    Failed(&'a TaskFailed),
}

/// The event that says it; `None` where the task belongs to no plan. Said again, it has the same id.
pub(crate) fn said(
    services: &Services,
    agent: &str,
    subscription: &str,
    request: &Arc<EventEnvelope>,
    stage: Stage<'_>,
) -> Result<Option<Publication>, serde_json::Error> {
    if request.plan_id.is_none() {
        return Ok(None);
    }
    let draft = match stage {
        Stage::Started => EventDraft::of(&TaskStarted {
            task_id: request.id.to_string(),
            request: request.event_type.to_string(),
        }),
        Stage::Completed => EventDraft::of(&TaskCompleted {
            task_id: request.id.to_string(),
            request: request.event_type.to_string(),
        }),
        Stage::Failed(failed) => EventDraft::of(&TaskFailure {
            task_id: request.id.to_string(),
            request: request.event_type.to_string(),
            reason: failed.reason.clone(),
            code: failed.code.clone(),
            retryable: failed.retryable,
            attempts: failed.attempts,
        }),
    }?;
    let id = bus::lifecycle_id(&Scope::new(request.clone(), subscription.into()), &draft.event_type);
    Ok(Some(publication(services, agent, request, id, draft)))
}

/// How far a task is; `None` where it belongs to no plan.
pub(crate) fn progress(
    services: &Services,
    agent: &str,
    request: &EventEnvelope,
    id: Arc<str>,
    (fraction, message): (f64, &str),
) -> Result<Option<Publication>, serde_json::Error> {
    if request.plan_id.is_none() {
        return Ok(None);
    }
    let draft = EventDraft::of(&TaskProgress {
        task_id: request.id.to_string(),
        request: request.event_type.to_string(),
        fraction: if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) },
        message: message.to_owned(),
    })?;
    Ok(Some(publication(services, agent, request, id, draft)))
}

fn publication(
    services: &Services,
    agent: &str,
    request: &EventEnvelope,
    id: Arc<str>,
    draft: EventDraft,
) -> Publication {
    let event = lineage::child(request, agent, id, draft, services.clock.timestamp());
    Publication::new(Arc::new(event), Address::Everyone)
}
