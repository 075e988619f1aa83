//! One delivery: from the moment it is drawn to its settlement.
//!
//! The order of steps is what at-least-once rests on: outputs are stored before the event is acknowledged, a
//! failure is recorded before the event is handed back, and nothing is done with a delivery that is not ours.

use std::{
    ops::ControlFlow::{self, Break, Continue},
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use soorma_common::EventEnvelope;

use super::{
    dispatcher::Work,
    failure::{Failure, Verdict},
    history::History,
    tasks::unless_suspended,
};
use crate::{
    broker::{DeadLetterReason, Kind, Publication, SettleError},
    bus,
    guard::guarded,
    handler::{Incoming, Role},
    held::InHand,
    outputs::Outputs,
    store::StoreError,
    task::{TaskError, TaskRun},
};

/// How a call of a handler ended.
enum Ended {
    /// Its outputs are stored.
    Done,
    /// A task that waits, and will be woken; or somebody else has it now.
    Suspended,
    Failed(Failure),
    /// The delivery is not ours any more.
    Lost,
}

/// How a delivery was settled.
type Settled = Result<(), SettleError>;

/// What is known of the earlier deliveries of an event.
struct Past {
    history: History,
    /// Whether there is a record of it.
    recorded: bool,
}

/// A delivery whose outputs are stored, before it is acknowledged.
pub(super) struct Handled {
    drawn: Drawn,
    task: Option<Arc<TaskRun>>,
    recorded: bool,
}

impl Handled {
    pub(super) async fn settle(self, work: &Work) {
        let attempt = Attempt { task: self.task, ..Attempt::new(work, self.drawn) };
        let settled = attempt.settle(self.recorded).await;
        attempt.done(settled);
    }
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
}

impl<'a> Attempt<'a> {
    pub(super) fn new(work: &'a Work, drawn: Drawn) -> Self {
        let Drawn { event, sequence, delivered, hand } = drawn;
        Self { work, event, sequence, delivered, hand, task: None }
    }

    /// Runs the handler, and settles by what becomes of it, or hands it in to be settled.
    pub(super) async fn run(mut self) {
        let found = match self.work.handler.registration.role {
            Role::OnTask => self.find_task().await,
            _ => Ok(true),
        };
        let settled = match found {
            Ok(true) => match self.handle().await {
                Continue(recorded) => match &self.work.settling {
                    Some(settling) => return settling.push(self.handled(recorded)),
                    None => self.settle(recorded).await,
                },
                Break(settled) => settled,
            },
            Ok(false) => self.not_its_turn().await,
            Err(error) => {
                tracing::warn!(%error, event = &*self.event.id, "the journal is out of reach; the task will come again");
                self.hand_back(self.work.handler.policy.pause(self.delivered, &self.event.id)).await
            }
        };
        self.done(settled);
    }

    async fn settle(&self, recorded: bool) -> Settled {
        match self.task {
            Some(_) => self.task_done(recorded).await,
            None => self.end(recorded).await,
        }
    }

    fn handled(self, recorded: bool) -> Handled {
        let Self { event, sequence, delivered, hand, task, .. } = self;
        Handled { drawn: Drawn { event, sequence, delivered, hand }, task, recorded }
    }

    /// Hands back what was never started, and does not count it.
    pub(super) async fn return_unused(self) {
        let settled = self.hand_back_unused().await;
        self.done(settled);
    }

    async fn hand_back_unused(&self) -> Result<(), SettleError> {
        if !self.hand.is_ours() {
            return Err(SettleError::Lost);
        }
        self.hand_back(Duration::ZERO).await
    }

    fn done(self, settled: Result<(), SettleError>) {
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

    /// Whether anything is recorded of a delivery whose outputs are stored now; it is settled otherwise.
    async fn handle(&self) -> ControlFlow<Settled, bool> {
        // Of a first delivery nothing is known, and nothing has to be looked up.
        let past = match self.delivered > 1 && self.is_counted() {
            true => Some(self.past().await?),
            false if self.hand.is_ours() => None,
            false => return Break(Err(SettleError::Lost)),
        };
        let mut recorded = past.as_ref().is_some_and(|past| past.recorded);
        if self.task.is_some() && self.is_expired() && !self.is_begun().await {
            tracing::info!(event = &*self.event.id, "a request that nobody waits for any more is not begun");
            return Break(self.ack(recorded).await);
        }
        if let Some(Past { history, .. }) = &past
            && history.is_doubtful(self.delivered)
        {
            // Taken for lost, until it ends with a word.
            self.record(&History { lost: history.lost + 1, ..history.clone() }).await;
            recorded = true;
            if !self.hand.is_ours() {
                return Break(Err(SettleError::Lost));
            }
        }
        match self.call(past.as_ref().map_or(1, |past| past.history.attempts + 1)).await {
            Ended::Done => Continue(recorded),
            Ended::Suspended => Break(self.suspended(recorded).await),
            Ended::Lost => Break(Err(SettleError::Lost)),
            Ended::Failed(failure) => {
                let past = past.map_or_else(History::default, |past| past.history);
                Break(self.failed(past, failure).await)
            }
        }
    }

    /// Looks up the earlier deliveries. The event is settled where it has to be given up, and where they cannot be told.
    async fn past(&self) -> ControlFlow<Settled, Past> {
        let work = self.work;
        let found = match work.histories.load(self.sequence).await {
            Ok(found) => found,
            // The app ends, and the store is away.
            Err(StoreError::Unavailable(_)) => {
                return Break(self.hand_back(Duration::ZERO).await);
            }
            Err(error) => {
                tracing::warn!(%error, event = &*self.event.id, "a failure record is unreadable: counting anew");
                None
            }
        };
        if !self.hand.is_ours() {
            return Break(Err(SettleError::Lost));
        }
        let recorded = found.is_some();
        let past = found.unwrap_or_default();
        if let Some(reason) = past.dead {
            return Break(self.bury(&past, reason).await);
        }
        let past = History { lost: past.losses(self.delivered), ..past };
        if past.lost >= work.services.settings.max_losses {
            let error = format!("the process was lost {} times with this event", past.lost);
            let past = past.given_up_as_lost(error, work.services.clock.timestamp());
            return Break(self.give_up(past, DeadLetterReason::ProcessLost).await);
        }
        Continue(Past { history: past, recorded })
    }

    /// Runs the handler and publishes what it returns.
    async fn call(&self, attempt: u32) -> Ended {
        let work = self.work;
        let handler = &work.handler;
        if self.is_recorded() {
            match self.returned().await {
                Ok(Some(returned)) => return self.publish(returned).await,
                Ok(None) => {}
                Err(error) => return self.unrecorded(error),
            }
        }
        if self.task.is_some()
            && let Err(error) = self.say_started(attempt).await
        {
            return Ended::Failed(Failure::of(&error));
        }
        let mut incoming = Incoming::of_event(
            self.event.clone(),
            attempt,
            handler.agent.clone(),
            handler.durable_name.clone(),
            work.services.clone(),
            self.task.clone(),
        );
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
        if !self.hand.is_ours() {
            return Ended::Lost;
        }
        // However the handler took it: a workflow that goes on for ever ends here.
        let too_deep = incoming.taken_scope().is_some_and(|scope| scope.too_deep.load(Ordering::Relaxed))
            || self.task.as_ref().is_some_and(|task| task.is_too_deep());
        match ended {
            Ok(Ok(_)) if too_deep => {
                let error = "an event was published past the depth that a workflow may have".to_owned();
                Ended::Failed(Failure::from(error).for_good(DeadLetterReason::TooDeep))
            }
            // Nothing is left to do.
            Ok(Ok(outputs)) if outputs.is_empty() && self.task.is_none() && !self.is_recorded() => {
                Ended::Done
            }
            Ok(Ok(outputs)) => self.publish_returned(&mut incoming, outputs).await,
            Ok(Err(failure)) if too_deep => Ended::Failed(failure.for_good(DeadLetterReason::TooDeep)),
            Ok(Err(failure)) => Ended::Failed(failure),
            Err(interrupted) => {
                let failure = Failure::from(format!("the handler failed: {interrupted}"));
                Ended::Failed(if too_deep { failure.for_good(DeadLetterReason::TooDeep) } else { failure })
            }
        }
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

    async fn failed(&self, past: History, failure: Failure) -> Result<(), SettleError> {
        let work = self.work;
        let handler = &work.handler;
        if failure.verdict == Verdict::NoFault && self.is_counted() {
            return self.wait(&past, &failure).await;
        }
        let history = past.failed(failure.errors, work.services.clock.timestamp());
        let attempt = history.attempts;
        tracing::warn!(
            subscription = %handler.spec.id,
            event = &*self.event.id,
            attempt,
            error = history.errors.join(": "),
            "handler failed"
        );
        if !self.is_counted() {
            return self.hand.receipt().ack().await;
        }
        if let Verdict::Never(reason) = failure.verdict {
            return self.give_up(history, reason).await;
        }
        if attempt >= handler.policy.max_attempts {
            return self.give_up(history, DeadLetterReason::AttemptsExhausted).await;
        }
        self.record(&history).await;
        self.hand_back(handler.policy.pause(attempt, &self.event.id)).await
    }

    /// A broker may have no room for what a handler publishes, and a journal be out of reach. The event waits for it, and
    /// costs no attempt.
    async fn wait(&self, past: &History, failure: &Failure) -> Result<(), SettleError> {
        let handler = &self.work.handler;
        let error = failure.errors.join(": ");
        tracing::warn!(subscription = %handler.spec.id, event = &*self.event.id, error, "it will run again");
        if past.is_doubtful(self.delivered) {
            // It was taken for lost.
            self.record(past).await;
        }
        self.hand_back(handler.policy.pause(self.delivered, &self.event.id)).await
    }

    /// A broadcast is heard by each instance for itself, once: nothing is recorded, tried again or given up.
    fn is_counted(&self) -> bool {
        !matches!(self.work.handler.spec.kind, Kind::Broadcast)
    }

    fn is_expired(&self) -> bool {
        self.event.expires_at.is_some_and(|expires_at| expires_at < self.work.services.clock.timestamp())
    }

    /// Its outputs are stored.
    pub(super) async fn end(&self, recorded: bool) -> Settled {
        self.hand.receipt().ack().await?;
        if recorded {
            self.forget().await;
        }
        if self.is_recorded() {
            self.forget_returned().await;
        }
        Ok(())
    }

    async fn ack(&self, recorded: bool) -> Settled {
        self.hand.receipt().ack().await?;
        if recorded {
            self.forget().await;
        }
        Ok(())
    }

    /// Somebody will wake it.
    async fn suspended(&self, recorded: bool) -> Settled {
        self.ack(recorded).await?;
        self.settle_task().await;
        Ok(())
    }

    pub(super) async fn hand_back(&self, delay: Duration) -> Result<(), SettleError> {
        self.hand.receipt().hand_back(delay).await
    }

    /// A record that cannot be written, because the app ends while the store is away, costs a count, not the event.
    pub(super) async fn record(&self, history: &History) {
        if let Err(error) = self.work.histories.save(self.sequence, history).await {
            tracing::warn!(%error, event = &*self.event.id, "the failure could not be recorded");
        }
    }

    pub(super) async fn forget(&self) {
        if let Err(error) = self.work.histories.forget(self.sequence).await {
            tracing::debug!(%error, event = &*self.event.id, "a failure record is left to expire");
        }
    }
}
