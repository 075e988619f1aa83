//! What is different about the delivery of a task: its journal says whether it is this delivery's turn, and one that only
//! waits is suspended.

use std::{pin::pin, sync::Arc};

use super::attempt::Attempt;
use crate::{
    broker::SettleError,
    handler::Role,
    race::{First, race},
    store::StoreError,
    task::{Carrier, Parked, TaskRun, Wake},
};

impl Attempt<'_> {
    /// Finds the task that this delivery carries, if any; false where another delivery carries it, or it is done.
    pub(super) async fn find_task(&mut self) -> Result<bool, StoreError> {
        let work = self.work;
        if work.handler.registration.role != Role::OnTask {
            return Ok(true);
        }
        let carrier = Carrier {
            services: work.services.clone(),
            agent: work.handler.agent.clone(),
            subscription: work.handler.durable_name.clone(),
            lease: self.hand.lease(),
            phase: work.phase.clone(),
        };
        let (run, is_its_turn) = match Wake::of(&self.event) {
            Some(wake) => match TaskRun::of_wake(carrier, wake).await? {
                Some(found) => found,
                None => return Ok(false),
            },
            None if self.delivered > 1 => TaskRun::of_repeated(carrier, self.event.clone()).await?,
            None => (TaskRun::of_request(carrier, self.event.clone()), true),
        };
        self.event = run.request().clone();
        self.task = Some(Arc::new(run));
        Ok(is_its_turn)
    }

    /// Another delivery carries the task.
    pub(super) async fn not_its_turn(&self) -> Result<(), SettleError> {
        self.hand.receipt().ack().await?;
        self.settle_task().await;
        Ok(())
    }

    /// Whether an earlier run of the task has begun. One that cannot tell goes on.
    pub(super) async fn is_begun(&self) -> bool {
        match &self.task {
            Some(task) => task.is_begun().await.unwrap_or(true),
            None => false,
        }
    }

    /// Removes the journal of a task whose outputs are published, but for the word that it is done.
    pub(super) async fn finish_task(&self) -> Result<(), StoreError> {
        match &self.task {
            Some(task) => task.finish().await,
            None => Ok(()),
        }
    }

    /// Notes that the delivery is acknowledged. Where that fails, the word that the task is done stays for a while.
    pub(super) async fn settle_task(&self) {
        let Some(task) = &self.task else { return };
        if let Err(error) = task.settled().await {
            tracing::warn!(%error, event = self.event.id, "the journal of a task is left to expire");
        }
    }

    /// Leaves the journal of a task that goes to the dead letters for its replay.
    pub(super) async fn give_up_task(&self) -> Result<(), StoreError> {
        match &self.task {
            Some(task) => task.give_up().await,
            None => Ok(()),
        }
    }
}

/// Runs the call of a task to its end; `None` where the task is suspended, or somebody else has it.
///
/// # Errors
/// It cannot be told whether it is suspended: it must not go on, and is to be handed back.
pub(super) async fn unless_suspended<F: Future>(
    task: &TaskRun,
    call: F,
) -> Result<Option<F::Output>, StoreError> {
    let mut call = pin!(call);
    loop {
        match race(call.as_mut(), task.tired()).await {
            First::Left(ended) => return Ok(Some(ended)),
            First::Right(()) => match task.suspend().await? {
                Parked::GoesOn => {}
                Parked::Over => return Ok(None),
            },
        }
    }
}
