//! The records of deferred tasks: the request, the state, and the answer once somebody has given it.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use soorma_common::{EventEnvelope, id as ids};

use super::error::TaskError;
use crate::{
    broker::Publication,
    bus,
    error::{BusError, TaskFailed},
    handler::Scope,
    lifecycle,
    services::Services,
    store::{Key, Records, StoreError, Update},
};

/// For how long a task that is over is remembered where its request may come again: as long as a topic keeps its events.
const REMEMBERED: Duration = Duration::from_secs(7 * 86_400);

/// For how long one waits after the last change, or after the end of its request's time.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// A deferred task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Deferral {
    pub(super) request: EventEnvelope,
    /// The durable name of the handler's subscription.
    pub(super) subscription: String,
    /// Another one where a replay begins the task anew: answers to what was asked before belong to nobody.
    pub(super) round: String,
    pub(super) state: Box<RawValue>,
    /// Changes of the state that were made, so that a handler that runs again makes none twice.
    changes: Vec<String>,
    stage: Stage,
    /// Whether the request is acknowledged: then the task's function runs no more.
    settled: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Open,
    /// `None` where nobody asked to be told.
    Answered {
        answer: Option<Box<EventEnvelope>>,
        /// Where it says that there will be no response.
        failed: Option<TaskFailed>,
        published: bool,
    },
    /// Its function failed for good: gone in a moment.
    GivenUp,
}

/// The deferred tasks of one agent.
pub(super) struct Deferrals<'a> {
    services: &'a Services,
    agent: &'a str,
}

impl<'a> Deferrals<'a> {
    pub(super) fn new(services: &'a Services, agent: &'a str) -> Self {
        Self { services, agent }
    }

    /// Opens a task, unless an earlier run has; gives its round.
    pub(super) async fn open(
        &self,
        task: &str,
        request: &EventEnvelope,
        subscription: &str,
        state: &RawValue,
    ) -> Result<String, StoreError> {
        let fresh = ids::short(&ids::fresh());
        let open = |found: Option<Deferral>| match found {
            Some(found) if !matches!(found.stage, Stage::GivenUp) => Update::Keep(found.round),
            _ => {
                let opened = Deferral {
                    request: request.clone(),
                    subscription: subscription.to_owned(),
                    round: fresh.clone(),
                    state: state.to_owned(),
                    changes: Vec::new(),
                    stage: Stage::Open,
                    settled: false,
                };
                Update::Write(opened, fresh.clone())
            }
        };
        self.records().expiring(self.kept(request)).update(task, open).await
    }

    /// The task, if it is open in this round. An answer that somebody recorded and did not publish is published.
    pub(super) async fn find(&self, task: &str, round: &str) -> Result<Option<Deferral>, TaskError> {
        let Some(found) = self.records::<Deferral>().get(task).await? else { return Ok(None) };
        let found = found.value;
        match found.stage {
            Stage::Open if found.round == round => return Ok(Some(found)),
            Stage::Answered { published: false, .. } => self.publish(task).await?,
            _ => {}
        }
        Ok(None)
    }

    /// Changes the state of an open task once for each `change`; gives the state from then on, `None` where it is over.
    pub(super) async fn change(
        &self,
        task: &str,
        of: &Deferral,
        change: &str,
        mut apply: impl FnMut(&RawValue) -> Result<Box<RawValue>, TaskError>,
    ) -> Result<Option<Box<RawValue>>, TaskError> {
        let changed = |found: Option<Deferral>| match found {
            Some(mut found) if found.is_open(&of.round) => {
                if found.changes.iter().any(|made| made == change) {
                    return Update::Keep(Ok(Some(found.state)));
                }
                found.changes.push(change.to_owned());
                match apply(&found.state) {
                    Ok(state) => {
                        found.state = state.clone();
                        Update::Write(found, Ok(Some(state)))
                    }
                    Err(error) => Update::Keep(Err(error)),
                }
            }
            _ => Update::Keep(Ok(None)),
        };
        self.records().expiring(self.kept(&of.request)).update(task, changed).await?
    }

    /// Answers an open task; false where somebody has before.
    pub(super) async fn answer(
        &self,
        task: &str,
        round: &str,
        answer: Option<EventEnvelope>,
        failed: Option<TaskFailed>,
    ) -> Result<bool, TaskError> {
        let answer = answer.map(Box::new);
        let answered = |found: Option<Deferral>| match found {
            Some(found) if found.is_open(round) => {
                let (answer, failed) = (answer.clone(), failed.clone());
                let stage = Stage::Answered { answer, failed, published: false };
                Update::Write(Deferral { stage, ..found }, true)
            }
            _ => Update::Keep(false),
        };
        let first = self.records().expiring(REMEMBERED).update(task, answered).await?;
        if first {
            self.publish(task).await?;
        }
        Ok(first)
    }

    /// Answers an open task whose time is over.
    pub(super) async fn expire(&self, task: &str, round: &str) -> Result<(), TaskError> {
        let Some(Deferral { request, subscription, .. }) = self.find(task, round).await? else {
            return Ok(());
        };
        let failed = TaskFailed {
            reason: "nobody answered the task before its time was over".to_owned(),
            code: "expired".to_owned(),
            retryable: true,
            attempts: 1,
            request_id: request.id.to_string(),
            subject: request.subject.clone(),
        };
        let scope = Scope::new(Arc::new(request), subscription.into());
        let answer = bus::task_failed(self.services, self.agent, &scope, &failed);
        let answer = answer.map(|publication| (*publication.event).clone());
        self.answer(task, round, answer, Some(failed)).await.map(drop)
    }

    /// Says that the request does not come again.
    pub(super) async fn settle(&self, task: &str, request: &EventEnvelope) -> Result<(), StoreError> {
        let settled = |found: Option<Deferral>| match found {
            Some(found) if found.is_published() => Update::Keep(true),
            Some(found) if !found.settled => Update::Write(Deferral { settled: true, ..found }, false),
            Some(_) | None => Update::Keep(false),
        };
        if self.records().expiring(self.kept(request)).update(task, settled).await? {
            self.records::<Deferral>().delete(task).await?;
        }
        Ok(())
    }

    /// Ends a task whose function failed for good; false where it is answered already.
    pub(super) async fn give_up(&self, task: &str) -> Result<bool, StoreError> {
        let given_up = |found: Option<Deferral>| match found {
            Some(found) if matches!(found.stage, Stage::Answered { .. }) => Update::Keep(None),
            Some(found) => Update::Write(Deferral { stage: Stage::GivenUp, ..found }, Some(true)),
            None => Update::Keep(Some(false)),
        };
        let was_open = self.records().expiring(REMEMBERED).update(task, given_up).await?;
        if was_open == Some(true) {
            self.records::<Deferral>().delete(task).await?;
        }
        Ok(was_open.is_some())
    }

    /// Whether a deferred task is answered; `None` where there is none.
    pub(super) async fn is_answered(&self, task: &str) -> Result<Option<bool>, StoreError> {
        let found = self.records::<Deferral>().get(task).await?;
        Ok(found.map(|found| matches!(found.value.stage, Stage::Answered { .. })))
    }

    /// Publishes the answer that is recorded. Done twice, it has the same id.
    async fn publish(&self, task: &str) -> Result<(), TaskError> {
        let Some(found) = self.records::<Deferral>().get(task).await? else { return Ok(()) };
        let Deferral { request, subscription, round, stage: Stage::Answered { answer, failed, .. }, .. } =
            found.value
        else {
            return Ok(());
        };
        let to = request.response_to.clone().unwrap_or_default();
        let answer = answer.map(|answer| Publication::new(Arc::new(*answer), to));
        let stage = failed.as_ref().map_or(lifecycle::Stage::Completed, lifecycle::Stage::Failed);
        let said = lifecycle::said(self.services, self.agent, &subscription, &Arc::new(request), stage)
            .map_err(TaskError::State)?;
        let publications: Vec<Publication> = answer.into_iter().chain(said).collect();
        let event_types: Vec<String> =
            publications.iter().map(|publication| publication.event.event_type.to_string()).collect();
        let stored = self.services.broker.publish(publications).await;
        for (stored, event_type) in stored.into_iter().zip(event_types) {
            stored.map_err(|source| BusError::Publish { event_type, source })?;
        }
        let published = |found: Option<Deferral>| match found {
            Some(mut found) if found.round == round => match &mut found.stage {
                Stage::Answered { .. } if found.settled => Update::Keep(true),
                Stage::Answered { published, .. } if !*published => {
                    *published = true;
                    Update::Write(found, false)
                }
                _ => Update::Keep(false),
            },
            // Somebody else has removed it, or a replay has begun it anew.
            _ => Update::Keep(false),
        };
        if self.records().expiring(REMEMBERED).update(task, published).await? {
            self.records::<Deferral>().delete(task).await?;
        }
        Ok(())
    }

    fn kept(&self, request: &EventEnvelope) -> Duration {
        let left = request.expires_at.map(|end| end.since(self.services.clock.timestamp()));
        KEPT.saturating_add(left.unwrap_or_default())
    }

    fn records<T>(&self) -> Records<T> {
        Records::new(self.services.store.clone(), Key::from(["tasks", self.agent, "deferred"]))
    }
}

impl Deferral {
    fn is_open(&self, round: &str) -> bool {
        self.round == round && matches!(self.stage, Stage::Open)
    }

    fn is_published(&self) -> bool {
        matches!(self.stage, Stage::Answered { published: true, .. })
    }
}
