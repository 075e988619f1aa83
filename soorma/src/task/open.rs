//! `OpenTask`: a deferred task, as the handler of one of its results has it.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};
use soorma_common::{EventDraft, EventEnvelope, Request, id as ids};

use super::{
    deferral::{Deferral, Deferrals},
    error::TaskError,
    id,
};
use crate::{
    Bus, RequestCall, bus,
    error::{DecodeError, TaskFailed},
    handler::Scope,
};

/// A task that has not answered yet, as the handler of a result of its requests has it. Made by
/// [`TaskResult::task`](crate::TaskResult::task); it reads like the payload of the request.
#[derive(Debug)]
pub struct OpenTask<T> {
    payload: T,
    bus: Bus,
    task: String,
    deferral: Deferral,
    /// What is being handled, to tell its changes from those of other results.
    cause: String,
    changes: Arc<AtomicU32>,
}

/// Finds the task that a request belongs to.
pub(crate) async fn find<T: Request>(
    bus: &Bus,
    request_id: &str,
    changes: Arc<AtomicU32>,
) -> Result<Option<OpenTask<T>>, TaskError> {
    let Some((task, round)) = id::round_of(request_id) else { return Ok(None) };
    let deferrals = Deferrals::new(bus.services(), bus.agent());
    let Some(deferral) = deferrals.find(task, round).await? else { return Ok(None) };
    let contract = T::CONTRACT;
    if (contract.topic, contract.event_type) != (deferral.request.topic, &*deferral.request.event_type) {
        return Ok(None);
    }
    Ok(Some(OpenTask {
        payload: DecodeError::read(&deferral.request)?,
        cause: format!("{} {request_id}", bus.subscription()),
        task: task.to_owned(),
        bus: bus.clone(),
        deferral,
        changes,
    }))
}

impl<T> OpenTask<T> {
    /// The request that is to be answered.
    #[must_use]
    pub fn envelope(&self) -> &EventEnvelope {
        &self.deferral.request
    }

    /// The state as it was when the task was found.
    ///
    /// # Errors
    /// [`TaskError::State`] where what is kept is no `S`.
    pub fn state<S: DeserializeOwned>(&self) -> Result<S, TaskError> {
        read(&self.deferral.state)
    }

    /// Changes the state, and gives it as it is from then on.
    ///
    /// It is written by compare-and-set, so of results that are handled at once none overwrites another: `change` runs again
    /// on what the other wrote. The n-th change that a handler makes for one request counts once: a handler that runs again, or
    /// hears a second answer to the same request, changes nothing more, and gets the state as it is: with what others have changed
    /// since. So that only one result decides what is asked next, keep in the state whose came last. Where the task is over
    /// meanwhile nothing is kept.
    ///
    /// # Errors
    /// [`TaskError::State`], [`TaskError::Journal`].
    pub async fn update<S: Serialize + DeserializeOwned>(
        &self,
        mut change: impl FnMut(&mut S),
    ) -> Result<S, TaskError> {
        let mut apply = |state: &RawValue| {
            let mut state: S = read(state)?;
            change(&mut state);
            to_raw_value(&state).map_err(TaskError::State)
        };
        let number = self.changes.fetch_add(1, Ordering::Relaxed);
        let name = ids::short(&format!("{} {number}", self.cause));
        match self.deferrals().change(&self.task, &self.deferral, &name, &mut apply).await? {
            Some(state) => read(&state),
            None => read(&apply(&self.deferral.state)?),
        }
    }

    /// Asks another agent on behalf of the task: the answer leads back to it.
    pub fn request<P: Request>(&self, payload: P) -> RequestCall {
        let task = id::round(&self.task, &self.deferral.round);
        RequestCall::new(self.bus.clone(), &payload, Some(task))
    }

    /// Answers whoever asked that there will be no response; false where somebody has answered before, and nothing happens.
    ///
    /// They get [`TaskFailed`] with the code `failed`.
    ///
    /// # Errors
    /// [`TaskError`]. What was recorded and not published is published with the next result, or when this one comes again.
    pub async fn fail(&self, reason: impl Into<String> + Send) -> Result<bool, TaskError> {
        let failed = TaskFailed {
            reason: reason.into(),
            code: "failed".to_owned(),
            retryable: false,
            attempts: 1,
            request_id: self.deferral.request.id.to_string(),
            subject: self.deferral.request.subject.clone(),
        };
        let answer = bus::task_failed(self.bus.services(), self.bus.agent(), &self.scope(), &failed);
        self.answer(answer.map(|publication| (*publication.event).clone()), Some(failed)).await
    }

    async fn answer(
        &self,
        answer: Option<EventEnvelope>,
        failed: Option<TaskFailed>,
    ) -> Result<bool, TaskError> {
        self.deferrals().answer(&self.task, &self.deferral.round, answer, failed).await
    }

    fn deferrals(&self) -> Deferrals<'_> {
        Deferrals::new(self.bus.services(), self.bus.agent())
    }

    /// Where the task's own function would publish from.
    fn scope(&self) -> Scope {
        Scope::new(Arc::new(self.deferral.request.clone()), self.deferral.subscription.as_str().into())
    }
}

impl<T: Request> OpenTask<T> {
    /// Answers whoever asked; false where somebody has answered before, and nothing happens.
    ///
    /// Cancelling leaves open whether it is answered; it is never answered twice.
    ///
    /// # Errors
    /// [`TaskError`]. What was recorded and not published is published with the next result, or when this one comes again.
    pub async fn complete(&self, response: T::Response) -> Result<bool, TaskError> {
        let draft: EventDraft = Bus::draft_of(&response)?;
        let answer = bus::deferred_answer(self.bus.services(), self.bus.agent(), &self.scope(), draft);
        self.answer(Some(answer), None).await
    }
}

impl<T> Deref for OpenTask<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.payload
    }
}

fn read<S: DeserializeOwned>(state: &RawValue) -> Result<S, TaskError> {
    serde_json::from_str(state.get()).map_err(TaskError::State)
}
