//! One delivery: from the moment it is drawn to its settlement.
//!
//! The order of steps is what at-least-once rests on: outputs are stored before the event is acknowledged, a
//! failure is recorded before the event is handed back, and nothing is done with a delivery that is not ours.

use std::{
    ops::ControlFlow::{self, Break, Continue},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use soorma_common::EventEnvelope;

use super::{dispatcher::Work, failure::Failure, outcome::publish, past::Past, tasks::unless_suspended};
use crate::{
    broker::{Publication, SettleError},
    guard::guarded,
    handler::{Incoming, Role},
    held::InHand,
    task::TaskRun,
};

/// How a call of a handler ended.
pub(super) enum Ended {
    /// What is to be published before it is acknowledged.
    Returned(Vec<Publication>),
    /// A task that waits, and will be woken; or somebody else has it now.
    Suspended,
    Failed(Failure),
    /// The delivery is not ours any more.
    Lost,
}

/// How a delivery was settled.
pub(super) type Settled = Result<(), SettleError>;

/// A delivery that was handled, before what its handler returned is published, and it is acknowledged.
pub(super) struct Handled {
    drawn: Drawn,
    task: Option<Arc<TaskRun>>,
    pub(super) rest: Rest,
}

impl Handled {
    pub(super) fn attempt(self, work: &Work) -> (Attempt<'_>, Rest) {
        let Self { drawn, task, rest } = self;
        (Attempt { task, ..Attempt::new(work, drawn) }, rest)
    }
}

/// What is left to do for a delivery that was handled.
pub(super) struct Rest {
    pub(super) past: Option<Box<Past>>,
    pub(super) returned: Vec<Publication>,
}

/// One delivery in hand.
pub(super) struct Drawn {
    pub(super) event: Arc<EventEnvelope>,
    pub(super) sequence: u64,
    pub(super) delivered: u32,
    pub(super) hand: InHand,
}

/// One delivery in hand, and what is to be done with it.
pub(super) struct Attempt<'a> {
    pub(super) work: &'a Work,
    pub(super) event: Arc<EventEnvelope>,
    pub(super) sequence: u64,
    pub(super) delivered: u32,
    pub(super) hand: InHand,
    /// Under `#[on_task]`.
    pub(super) task: Option<Arc<TaskRun>>,
    /// How long the handler took.
    took: Duration,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(work: &'a Work, drawn: Drawn) -> Self {
        let Drawn { event, sequence, delivered, hand } = drawn;
        Self { work, event, sequence, delivered, hand, task: None, took: Duration::ZERO }
    }

    /// Runs the handler, and settles by what becomes of it, or hands it in to be settled. How long the handler took.
    pub(super) async fn run(mut self) -> Duration {
        let handled = self.handle().await;
        let took = self.took;
        match (handled, &self.work.settling) {
            (Continue(rest), Some(settling)) => settling.push(self.handled(rest)),
            (Continue(rest), None) => {
                let settled = self.settle(rest).await;
                self.done(settled);
            }
            (Break(settled), _) => self.done(settled),
        }
        took
    }

    /// What is left to do of a delivery that was handled; it is settled otherwise.
    async fn handle(&mut self) -> ControlFlow<Settled, Rest> {
        let began = self.work.services.clock.now();
        // Of an event's first delivery nothing is known, and nothing has to be looked up.
        let is_first = self.delivered <= 1 && self.work.handler.registration.role != Role::OnTask;
        let past = if is_first { None } else { self.begin().await? };
        if is_first && !self.hand.is_ours_at(began) {
            return Break(Err(SettleError::Lost));
        }
        let attempt = past.as_ref().map_or(1, |past| past.history.attempts + 1);
        match self.call(attempt, began).await {
            Ended::Returned(returned) => Continue(Rest { past, returned }),
            Ended::Suspended => Break(self.suspended(past).await),
            Ended::Failed(failure) => Break(self.failed(past, failure).await),
            Ended::Lost => Break(Err(SettleError::Lost)),
        }
    }

    /// Runs the handler.
    async fn call(&mut self, attempt: u32, began: Instant) -> Ended {
        let work = self.work;
        let handler = &work.handler;
        let is_plain = self.task.is_none() && !self.is_recorded();
        if !is_plain && let Break(ended) = self.before_call(attempt).await {
            return ended;
        }
        let mut incoming =
            Incoming::of_event(self.event.clone(), attempt, work.callee.clone(), self.task.clone());
        let ended = {
            let call = (handler.registration.call)(&mut incoming);
            let call = pin!(guarded(&work.services.clock, handler.policy.timeout, call, |returned| {
                returned.map_err(|error| Failure::of(&error))
            }));
            match &self.task {
                None => call.await,
                Some(task) => match unless_suspended(task, call).await.inspect(|_| task.end_calls()) {
                    Ok(Some(ended)) if !task.is_taken_over() => ended,
                    _ if !self.hand.is_ours() => return Ended::Lost,
                    Ok(_) => return Ended::Suspended,
                    Err(error) => return Ended::Failed(error.into()),
                },
            }
        };
        let now = work.services.clock.now();
        self.took = now - began;
        if !self.hand.is_ours_at(now) {
            return Ended::Lost;
        }
        match ended {
            Ok(Ok(outputs)) if is_plain && outputs.is_empty() && incoming.taken_scope().is_none() => {
                Ended::Returned(Vec::new())
            }
            ended => self.after_call(&mut incoming, ended).await,
        }
    }

    /// Publishes what the handler has returned, and settles.
    async fn settle(&self, Rest { past, returned }: Rest) -> Settled {
        if !returned.is_empty()
            && let Some(failure) = publish(self.work, returned).await
        {
            return self.failed(past, failure).await;
        }
        if self.is_plain(past.as_deref()) {
            return self.hand.receipt().ack().await;
        }
        if let Break(settled) = self.before_ack().await {
            return settled;
        }
        let settled = self.hand.receipt().ack().await;
        self.after_ack(past, settled).await
    }

    /// Whether it is settled once it is acknowledged.
    pub(super) fn is_plain(&self, past: Option<&Past>) -> bool {
        self.task.is_none() && !self.is_recorded() && !past.is_some_and(|past| past.recorded)
    }

    /// Its outputs are stored: a task says so. It is handed back where it cannot.
    pub(super) async fn before_ack(&self) -> ControlFlow<Settled> {
        if let Some(task) = &self.task
            && let Err(error) = task.finish().await
        {
            tracing::warn!(%error, event = &*self.event.id, "a task is done and could not say so; it will come again");
            let pause = self.work.handler.policy.pause(self.delivered, &self.event.id);
            return Break(self.hand_back(pause).await);
        }
        Continue(())
    }

    /// What was recorded of it is of no use any more, once it is acknowledged.
    pub(super) async fn after_ack(&self, past: Option<Box<Past>>, settled: Settled) -> Settled {
        settled?;
        if past.is_some_and(|past| past.recorded) {
            self.forget().await;
        }
        if self.is_recorded() {
            self.forget_returned().await;
        }
        if self.task.is_some() {
            self.settle_task().await;
            self.settle_deferral().await;
        }
        Ok(())
    }

    fn handled(self, rest: Rest) -> Handled {
        let Self { event, sequence, delivered, hand, task, .. } = self;
        Handled { drawn: Drawn { event, sequence, delivered, hand }, task, rest }
    }

    /// Hands back what was never started, and does not count it.
    pub(super) async fn return_unused(self) {
        let settled = self.hand_back_unused().await;
        self.done(settled);
    }

    async fn hand_back_unused(&self) -> Settled {
        if !self.hand.is_ours() {
            return Err(SettleError::Lost);
        }
        self.hand_back(Duration::ZERO).await
    }

    pub(super) fn done(self, settled: Settled) {
        let subscription = &self.work.handler.spec.id;
        match settled {
            Ok(()) => {}
            Err(SettleError::Lost) => tracing::warn!(%subscription, event = &*self.event.id, "lease lost"),
            Err(error) => {
                tracing::warn!(%subscription, event = &*self.event.id, %error, "not settled; it will come again");
            }
        }
        // Dropped first, so that whoever is told finds everything in its place.
        let work = self.work;
        drop(self);
        work.services.settled();
    }

    pub(super) async fn hand_back(&self, delay: Duration) -> Settled {
        self.hand.receipt().hand_back(delay).await
    }
}
