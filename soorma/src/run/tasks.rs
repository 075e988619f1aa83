//! What is different about the delivery of a task: its journal says whether it is this delivery's turn, and one that only
//! waits is suspended.

use std::{pin::pin, sync::Arc};

use super::attempt::Attempt;
use crate::{
    handler::Role,
    race::{First, race},
    store::StoreError,
    task::{Parked, TaskRun, Wake},
};

impl Attempt<'_> {
    /// Finds the task that this delivery carries, if any; false where another delivery carries it.
    pub(super) async fn find_task(&mut self) -> Result<bool, StoreError> {
        let handler = &self.work.handler;
        if handler.registration.role != Role::OnTask {
            return Ok(true);
        }
        let services = self.work.services.clone();
        let (agent, subscription) = (handler.agent.clone(), handler.durable_name.clone());
        let run = match Wake::of(&self.event) {
            Some(wake) => match TaskRun::of_wake(services, agent, subscription, wake).await? {
                Some(run) => run,
                None => return Ok(false),
            },
            None => {
                let run = TaskRun::of_request(services, agent, subscription, self.event.clone());
                // The good path looks at no journal.
                if self.delivered > 1 && run.is_carried_by_another().await? {
                    return Ok(false);
                }
                run
            }
        };
        self.event = run.request().clone();
        self.task = Some(Arc::new(run));
        Ok(true)
    }

    /// Removes the journal of a task that has answered. What cannot be removed is left over, and harms nobody.
    pub(super) async fn forget_task(&self) {
        let Some(task) = &self.task else { return };
        if let Err(error) = task.forget().await {
            tracing::warn!(%error, event = self.event.id, "the journal of a task is left over");
        }
    }

    /// Leaves the journal of a task that goes to the dead letters for its replay.
    pub(super) async fn park_task(&self) -> Result<(), StoreError> {
        match &self.task {
            Some(task) => task.park().await,
            None => Ok(()),
        }
    }
}

/// Runs the call of a task to its end; `None` where the task is suspended, or somebody else has it.
pub(super) async fn unless_suspended<F: Future>(task: &TaskRun, call: F) -> Option<F::Output> {
    let mut call = pin!(call);
    loop {
        match race(call.as_mut(), task.tired()).await {
            First::Left(ended) => return Some(ended),
            First::Right(()) => match task.suspend().await {
                Ok(Parked::GoesOn) => {}
                Ok(Parked::Suspended | Parked::TakenOver) => return None,
                Err(error) => tracing::warn!(%error, "a task that waits could not be suspended"),
            },
        }
    }
}
