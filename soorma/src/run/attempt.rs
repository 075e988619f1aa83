//! One delivery: from the moment it is drawn to its settlement.
//!
//! The order of steps is what at-least-once rests on: outputs are stored before the event is acknowledged, a
//! failure is recorded before the event is handed back, and nothing is done with a delivery that is not ours.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use soorma_common::EventEnvelope;
use tokio::sync::OwnedSemaphorePermit;

use super::{dispatcher::Work, guard::guarded, held::InHand, history::History};
use crate::{
    broker::{DeadLetter, DeadLetterReason, Kind, SettleError},
    bus,
    error::{BusError, DecodeError, MissingEvent, Reject, TaskFailed},
    handler::{Incoming, Role, Scope},
};

/// One delivery in hand.
pub(super) struct Drawn {
    pub(super) event: Arc<EventEnvelope>,
    pub(super) sequence: u64,
    pub(super) delivered: u32,
    pub(super) hand: InHand,
    /// Its place among what is drawn.
    pub(super) place: Option<OwnedSemaphorePermit>,
}

/// One delivery in hand, and what is to be done with it.
pub(super) struct Attempt<'a> {
    work: &'a Work,
    event: Arc<EventEnvelope>,
    sequence: u64,
    delivered: u32,
    hand: InHand,
    _place: Option<OwnedSemaphorePermit>,
}

/// A handler's failure, as it is recorded.
struct Failure {
    /// Set where no further attempt will help.
    terminal: Option<DeadLetterReason>,
    errors: Vec<String>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(work: &'a Work, drawn: Drawn) -> Self {
        let Drawn { event, sequence, delivered, hand, place } = drawn;
        Self { work, event, sequence, delivered, hand, _place: place }
    }

    /// Runs the handler, and settles by what becomes of it.
    pub(super) async fn run(self) {
        let settled = self.handle().await;
        self.done(settled);
    }

    /// Hands back what was never started, and does not count it.
    pub(super) async fn return_unused(self) {
        if let Ok(past) = self.work.histories.load(self.sequence, self.delivered).await {
            let past = past.unwrap_or_default();
            self.record(&History { returned: past.returned + 1, ..past }).await;
        }
        let settled = self.hand_back(Duration::ZERO).await;
        self.done(settled);
    }

    fn done(self, settled: Result<(), SettleError>) {
        let subscription = &self.work.handler.spec.id;
        match settled {
            Ok(()) => {}
            Err(SettleError::Lost) => tracing::warn!(%subscription, event = self.event.id, "lease lost"),
            Err(error) => {
                tracing::warn!(%subscription, event = self.event.id, %error, "not settled; it will come again");
            }
        }
        // Dropped first, so that whoever is told finds everything in its place.
        let work = self.work;
        drop(self);
        work.services.activity.notify_waiters();
    }

    async fn handle(&self) -> Result<(), SettleError> {
        let work = self.work;
        let history = match work.histories.load(self.sequence, self.delivered).await {
            Ok(history) => history,
            Err(error) => {
                tracing::warn!(%error, "the failure records are out of reach; the event will come again");
                return self.hand_back(work.handler.policy.pause(1, &self.event.id)).await;
            }
        };
        let past = history.clone().unwrap_or_default();
        if let Some(reason) = past.dead {
            return self.bury(&past, reason).await;
        }
        let losses = past.losses(self.delivered);
        if losses >= work.services.settings.max_losses {
            let error = format!("the process was lost {losses} times with this event");
            let past = past.lost(error, work.services.clock.timestamp());
            return self.give_up(past, DeadLetterReason::ProcessLost).await;
        }
        if work.handler.registration.role == Role::OnTask && self.is_expired() {
            tracing::info!(event = self.event.id, "a request that nobody waits for any more is not begun");
            return self.ack(history.is_some()).await;
        }
        match self.call(past.attempts + 1).await {
            Ok(()) => self.ack(history.is_some()).await,
            Err(None) => Err(SettleError::Lost),
            Err(Some(failure)) => self.failed(past, failure).await,
        }
    }

    /// Runs the handler and publishes what it returns. `Err(None)`: the delivery is not ours any more.
    async fn call(&self, attempt: u32) -> Result<(), Option<Failure>> {
        let work = self.work;
        let handler = &work.handler;
        let mut incoming = Incoming::of_event(
            self.event.clone(),
            attempt,
            handler.agent.clone(),
            handler.durable_name.clone(),
            work.services.clone(),
        );
        let call = (handler.registration.call)(&mut incoming);
        let ended = guarded(&work.services.clock, handler.policy.timeout, call).await;
        if !self.hand.is_ours() {
            return Err(None);
        }
        // However the handler took it: a workflow that goes on for ever ends here.
        let too_deep = incoming.taken_scope().is_some_and(|scope| scope.too_deep.load(Ordering::Relaxed));
        let ended = ended.map_err(anyhow::Error::from).and_then(|returned| returned);
        let outputs = match ended {
            Ok(_) if too_deep => {
                let error = anyhow::anyhow!("an event was published past the depth that a workflow may have");
                return Err(Some(Failure::terminal(DeadLetterReason::TooDeep, &error)));
            }
            Err(error) if too_deep => return Err(Some(Failure::terminal(DeadLetterReason::TooDeep, &error))),
            Err(error) => return Err(Some(Failure::of(&error))),
            Ok(outputs) => outputs,
        };
        if outputs.is_empty() {
            return Ok(());
        }
        let Some(scope) = incoming.scope() else { return Ok(()) };
        self.publish(&scope, outputs).await.map_err(Some)
    }

    async fn publish(&self, scope: &Scope, outputs: crate::outputs::Outputs) -> Result<(), Failure> {
        let work = self.work;
        let handler = &work.handler;
        let publications =
            bus::of_handler(&work.services, &handler.agent, &handler.registration, scope, outputs)
                .map_err(|error| Failure::of(&error.into()))?;
        for result in work.services.broker.publish(publications).await {
            if let Err(error) = result {
                return Err(Failure::of(&anyhow::Error::new(error).context("an output was not published")));
            }
        }
        Ok(())
    }

    async fn failed(&self, past: History, failure: Failure) -> Result<(), SettleError> {
        let work = self.work;
        let handler = &work.handler;
        let history = past.failed(failure.errors, work.services.clock.timestamp());
        let attempt = history.attempts;
        tracing::warn!(
            subscription = %handler.spec.id,
            event = self.event.id,
            attempt,
            error = history.errors.join(": "),
            "handler failed"
        );
        if handler.spec.kind == Kind::Broadcast {
            return self.hand.receipt().ack().await;
        }
        if let Some(reason) = failure.terminal {
            return self.give_up(history, reason).await;
        }
        if attempt >= handler.policy.max_attempts {
            return self.give_up(history, DeadLetterReason::AttemptsExhausted).await;
        }
        self.record(&history).await;
        self.hand_back(handler.policy.pause(attempt, &self.event.id)).await
    }

    /// Records that this is the end of it, tells whoever asked, and buries it.
    async fn give_up(&self, past: History, reason: DeadLetterReason) -> Result<(), SettleError> {
        let history = History { dead: Some(reason), ..past };
        self.record(&history).await;
        self.bury(&history, reason).await
    }

    async fn bury(&self, history: &History, reason: DeadLetterReason) -> Result<(), SettleError> {
        let work = self.work;
        let handler = &work.handler;
        if handler.registration.role == Role::OnTask
            && let Err(error) = self.tell_asker(history, reason).await
        {
            tracing::warn!(%error, "whoever asked could not be told; the event will come again");
            return self.hand_back(handler.policy.pause(history.attempts.max(1), &self.event.id)).await;
        }
        let now = work.services.clock.timestamp();
        let letter = DeadLetter {
            subscription: handler.spec.id.clone(),
            sequence: self.sequence,
            event: self.event.clone(),
            reason,
            errors: history.errors.clone(),
            handler: handler.registration.handler.to_owned(),
            attempts: history.attempts,
            first_failure: history.first_failure.unwrap_or(now),
            last_failure: history.last_failure.unwrap_or(now),
        };
        tracing::error!(
            subscription = %letter.subscription,
            event = self.event.id,
            attempts = letter.attempts,
            reason = %reason,
            error = letter.errors.join(": "),
            "dead letter"
        );
        self.hand.receipt().dead_letter(letter).await?;
        self.forget().await;
        Ok(())
    }

    async fn tell_asker(&self, history: &History, reason: DeadLetterReason) -> anyhow::Result<()> {
        let work = self.work;
        let handler = &work.handler;
        let failed = TaskFailed {
            reason: history.errors.first().cloned().unwrap_or_else(|| reason.to_string()),
            code: reason.to_string().replace(' ', "-"),
            retryable: matches!(reason, DeadLetterReason::AttemptsExhausted | DeadLetterReason::ProcessLost),
            attempts: history.attempts,
            request_id: self.event.id.clone(),
        };
        let scope = Scope::new(self.event.clone(), handler.durable_name.clone());
        let Some(answer) = bus::task_failed(&work.services, &handler.agent, &scope, &failed) else {
            return Ok(());
        };
        for result in work.services.broker.publish(vec![answer]).await {
            result?;
        }
        Ok(())
    }

    fn is_expired(&self) -> bool {
        self.event.expires_at.is_some_and(|expires_at| expires_at < self.work.services.clock.timestamp())
    }

    async fn ack(&self, recorded: bool) -> Result<(), SettleError> {
        self.hand.receipt().ack().await?;
        if recorded {
            self.forget().await;
        }
        Ok(())
    }

    async fn hand_back(&self, delay: Duration) -> Result<(), SettleError> {
        self.hand.receipt().hand_back(delay).await
    }

    /// A record that cannot be written costs a count, not the event.
    async fn record(&self, history: &History) {
        if let Err(error) = self.work.histories.save(self.sequence, history).await {
            tracing::warn!(%error, event = self.event.id, "the failure could not be recorded");
        }
    }

    async fn forget(&self) {
        if let Err(error) = self.work.histories.forget(self.sequence).await {
            tracing::debug!(%error, event = self.event.id, "a failure record is left to expire");
        }
    }
}

impl Failure {
    fn of(error: &anyhow::Error) -> Self {
        let terminal = error.chain().find_map(|cause| {
            if cause.is::<Reject>() || cause.is::<MissingEvent>() {
                Some(DeadLetterReason::Rejected)
            } else if cause.is::<DecodeError>() {
                Some(DeadLetterReason::Undecodable)
            } else if matches!(cause.downcast_ref(), Some(BusError::TooDeep { .. })) {
                Some(DeadLetterReason::TooDeep)
            } else {
                None
            }
        });
        Self { terminal, errors: error.chain().map(ToString::to_string).collect() }
    }

    fn terminal(reason: DeadLetterReason, error: &anyhow::Error) -> Self {
        Self { terminal: Some(reason), ..Self::of(error) }
    }
}
