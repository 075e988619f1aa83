//! What a call of a handler gave: it is to be published, or it is a failure.

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
    broker::{DeadLetterReason, Publication, PublishError, Published},
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
                Ok(Some(returned)) => return Break(Ended::Returned(returned)),
                Ok(None) => {}
                Err(error) => return Break(self.unrecorded(error)),
            }
        }
        match self.say_started(attempt).await {
            Ok(()) => Continue(()),
            Err(error) => Break(Ended::Failed(Failure::of(&error))),
        }
    }

    /// What is to be published of what the handler has returned, or how it failed.
    pub(super) async fn after_call(
        &self,
        incoming: &mut Incoming,
        ended: Result<Result<Outputs, Failure>, Interrupted>,
    ) -> Ended {
        // However the handler took it: a workflow that goes on for ever ends here.
        let too_deep = incoming.taken_scope().is_some_and(|scope| scope.too_deep.load(Ordering::Relaxed))
            || self.task.as_ref().is_some_and(|task| task.is_too_deep());
        let failure = match ended {
            Ok(Ok(outputs)) if !too_deep => return self.returned_now(incoming, outputs).await,
            Ok(Ok(_)) => "an event was published past the depth that a workflow may have".to_owned().into(),
            Ok(Err(failure)) => failure,
            Err(interrupted) => format!("the handler failed: {interrupted}").into(),
        };
        Ended::Failed(if too_deep { failure.for_good(DeadLetterReason::TooDeep) } else { failure })
    }

    async fn returned_now(&self, incoming: &mut Incoming, outputs: Outputs) -> Ended {
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
            return Ended::Returned(Vec::new());
        }
        let Some(scope) = incoming.scope() else { return Ended::Returned(Vec::new()) };
        let publications =
            match bus::of_handler(services, &handler.agent, &handler.registration, &scope, outputs) {
                Ok(publications) => publications.into_iter().chain(completed).collect(),
                Err(error) => return Ended::Failed(Failure::of(&error.into())),
            };
        if !self.is_recorded() {
            return Ended::Returned(publications);
        }
        match self.record_returned(publications).await {
            Ok(_) if !self.hand.is_ours() => Ended::Lost,
            Ok(publications) => Ended::Returned(publications),
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
}

/// Publishes what a handler has returned: the failure, where an output was not published.
pub(super) async fn publish(work: &Work, returned: Vec<Publication>) -> Option<Failure> {
    let count = returned.len();
    failure_of(count, &mut work.services.broker.publish(returned).await.into_iter())
}

/// The same for what several have returned.
pub(super) async fn publish_all(work: &Work, returned: Vec<Vec<Publication>>) -> Vec<Option<Failure>> {
    let counts: Vec<usize> = returned.iter().map(Vec::len).collect();
    let all: Vec<Publication> = returned.into_iter().flatten().collect();
    let mut results = match all.is_empty() {
        true => Vec::new().into_iter(),
        false => work.services.broker.publish(all).await.into_iter(),
    };
    counts.into_iter().map(|count| failure_of(count, &mut results)).collect()
}

/// What the next so many of these results mean.
fn failure_of(
    count: usize,
    results: &mut impl Iterator<Item = Result<Published, PublishError>>,
) -> Option<Failure> {
    let none = || Err(PublishError::Unavailable("the broker gave no result".into()));
    let errors = (0..count).filter_map(|_| results.next().unwrap_or_else(none).err());
    let first = errors.reduce(|first, _| first)?;
    Some(Failure::of(&anyhow::Error::new(first).context("an output was not published")))
}
