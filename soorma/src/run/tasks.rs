//! What is different about the delivery of a task: its journal says whether it is this delivery's turn, and one that only
//! waits is suspended.

use std::{pin::pin, sync::Arc};

use anyhow::Context as _;

use super::{attempt::Attempt, dispatcher::Work};
use crate::{
    broker::{Publication, SettleError},
    lifecycle::{self, Stage},
    outputs::Outputs,
    race::{First, race},
    store::StoreError,
    task::{Carrier, Parked, TaskRun, Wake},
};

impl Attempt<'_> {
    /// Finds the task that this delivery carries; false where another delivery carries it, or it is done.
    pub(super) async fn find_task(&mut self) -> Result<bool, StoreError> {
        let work = self.work;
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
        let carried = std::mem::replace(&mut self.event, run.request().clone());
        if is_its_turn && carried.id != self.event.id {
            tracing::debug!(request = &*self.event.id, "a task that was suspended goes on");
        }
        self.task = Some(Arc::new(run));
        Ok(is_its_turn)
    }

    /// Another delivery carries the task.
    pub(super) async fn not_its_turn(&self) -> Result<(), SettleError> {
        self.hand.receipt().ack().await?;
        self.settle_task().await;
        self.settle_deferral().await;
        Ok(())
    }

    /// Whether an earlier run of the task has begun. One that cannot tell goes on.
    pub(super) async fn is_begun(&self) -> bool {
        match &self.task {
            Some(task) => task.is_begun().await.unwrap_or(true),
            None => false,
        }
    }

    /// Notes that the delivery is acknowledged. Where that fails, the word that the task is done stays for a while.
    pub(super) async fn settle_task(&self) {
        let Some(task) = &self.task else { return };
        if let Err(error) = task.settled().await {
            tracing::warn!(%error, event = &*self.event.id, "the journal of a task is left to expire");
        }
    }

    /// Notes that the request of a deferred task is acknowledged, or dead.
    pub(super) async fn settle_deferral(&self) {
        let Some(task) = &self.task else { return };
        if let Err(error) = task.settle_deferral().await {
            tracing::warn!(%error, event = &*self.event.id, "the record of a deferred task is left to expire");
        }
    }

    /// Ends a deferred task whose function fails for good; false where somebody has answered already.
    pub(super) async fn end_deferral(&self) -> Result<bool, StoreError> {
        match &self.task {
            Some(task) => task.end_deferral().await,
            None => Ok(true),
        }
    }

    /// What is said of a task together with its answer; nothing where it answers later.
    pub(super) fn completed(&self, outputs: &Outputs) -> anyhow::Result<Option<Publication>> {
        if outputs.is_deferred() { Ok(None) } else { Ok(self.said(Stage::Completed)?) }
    }

    /// Whether the function has deferred the task, and answers it all the same, or not at all.
    pub(super) fn is_contradicted(&self, outputs: &Outputs) -> bool {
        self.task.as_ref().is_some_and(|task| task.is_deferred()) && !outputs.is_deferred()
    }

    /// Says that a task has begun, before its function runs for the first time.
    pub(super) async fn say_started(&self, attempt: u32) -> anyhow::Result<()> {
        let is_first = attempt == 1 && self.task.as_ref().is_some_and(|task| !task.is_woken());
        let Some(started) = is_first.then(|| self.said(Stage::Started)).transpose()?.flatten() else {
            return Ok(());
        };
        for stored in self.work.services.broker.publish(vec![started]).await {
            stored.context("`task.started` was not published")?;
        }
        Ok(())
    }

    /// What is to be said of a task that belongs to a plan.
    pub(super) fn said(&self, stage: Stage<'_>) -> Result<Option<Publication>, serde_json::Error> {
        let Work { handler, services, .. } = self.work;
        match &self.task {
            Some(task) => {
                lifecycle::said(services, &handler.agent, &handler.durable_name, task.request(), stage)
            }
            None => Ok(None),
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
