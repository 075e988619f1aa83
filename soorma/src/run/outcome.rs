//! What a call of a handler gave: it is published, or it is a failure.

use std::{
    ops::ControlFlow::{self, Break, Continue},
    sync::atomic::Ordering,
};

use super::{
    attempt::{Attempt, Ended},
    dispatcher::Work,
    failure::Failure,
};
use crate::{
    broker::{DeadLetterReason, Publication},
    bus,
    guard::Interrupted,
    handler::Incoming,
    outputs::Outputs,
    task::TaskError,
};

impl Attempt<'_> {
    /// Where outputs are recorded, and of tasks: whether the handler is still to be called.
    pub(super) async fn before_call(&self, attempt: u32) -> ControlFlow<Ended> {
        if self.is_recorded() {
            match self.returned().await {
                Ok(Some(returned)) => return Break(self.publish(returned).await),
                Ok(None) => {}
                Err(error) => return Break(self.unrecorded(error)),
            }
        }
        match self.say_started(attempt).await {
            Ok(()) => Continue(()),
            Err(error) => Break(Ended::Failed(Failure::of(&error))),
        }
    }

    /// Publishes what the handler has returned, or says how it failed.
    pub(super) async fn after_call(
        &self,
        incoming: &mut Incoming,
        ended: Result<Result<Outputs, Failure>, Interrupted>,
    ) -> Ended {
        // However the handler took it: a workflow that goes on for ever ends here.
        let too_deep = incoming.taken_scope().is_some_and(|scope| scope.too_deep.load(Ordering::Relaxed))
            || self.task.as_ref().is_some_and(|task| task.is_too_deep());
        let failure = match ended {
            Ok(Ok(outputs)) if !too_deep => return self.publish_returned(incoming, outputs).await,
            Ok(Ok(_)) => "an event was published past the depth that a workflow may have".to_owned().into(),
            Ok(Err(failure)) => failure,
            Err(interrupted) => format!("the handler failed: {interrupted}").into(),
        };
        Ended::Failed(if too_deep { failure.for_good(DeadLetterReason::TooDeep) } else { failure })
    }

    /// Publishes what the handler has returned.
    async fn publish_returned(&self, incoming: &mut Incoming, outputs: Outputs) -> Ended {
        let Work { handler, services, .. } = self.work;
        if self.is_contradicted(&outputs) {
            let error = "the task was deferred, and its function returned something else: return what `task.defer(..)` gave";
            return Ended::Failed(Failure::from(error.to_owned()).for_good(DeadLetterReason::Rejected));
        }
        let completed = match self.completed(&outputs) {
            Ok(completed) => completed,
            Err(error) => return Ended::Failed(Failure::of(&error)),
        };
        if outputs.is_empty() && completed.is_none() && !self.is_recorded() {
            return Ended::Done;
        }
        let Some(scope) = incoming.scope() else { return Ended::Done };
        let publications =
            match bus::of_handler(services, &handler.agent, &handler.registration, &scope, outputs) {
                Ok(publications) => publications.into_iter().chain(completed).collect(),
                Err(error) => return Ended::Failed(Failure::of(&error.into())),
            };
        if !self.is_recorded() {
            return self.publish(publications).await;
        }
        match self.record_returned(publications).await {
            Ok(_) if !self.hand.is_ours() => Ended::Lost,
            Ok(publications) => self.publish(publications).await,
            Err(error) => self.unrecorded(error),
        }
    }

    /// What was returned could not be recorded, or read back; or another instance has the task.
    fn unrecorded(&self, error: TaskError) -> Ended {
        match error {
            TaskError::TakenOver if self.hand.is_ours() => Ended::Suspended,
            TaskError::TakenOver => Ended::Lost,
            error => Ended::Failed(Failure::of(&error.into())),
        }
    }

    async fn publish(&self, publications: Vec<Publication>) -> Ended {
        for result in self.work.services.broker.publish(publications).await {
            if let Err(error) = result {
                let error = anyhow::Error::new(error).context("an output was not published");
                return Ended::Failed(Failure::of(&error));
            }
        }
        Ended::Done
    }
}
