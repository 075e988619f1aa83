//! What came before an attempt, and what it adds where it fails: histories are looked up, recorded and forgotten.

use std::{
    ops::ControlFlow::{self, Break, Continue},
    time::Duration,
};

use super::{
    attempt::{Attempt, Settled},
    failure::{Failure, Verdict},
    history::History,
};
use crate::{
    broker::{DeadLetterReason, Kind, SettleError},
    handler::Role,
    store::StoreError,
};

/// What is known of the earlier deliveries of an event.
pub(super) struct Past {
    pub(super) history: History,
    /// Whether there is a record of it.
    pub(super) recorded: bool,
}

impl Attempt<'_> {
    /// What is known of the earlier deliveries; finds the task that it carries, under `#[on_task]`. It is settled where it is not to
    /// be handled.
    pub(super) async fn begin(&mut self) -> ControlFlow<Settled, Option<Box<Past>>> {
        if self.work.handler.registration.role == Role::OnTask {
            match self.find_task().await {
                Ok(true) => {}
                Ok(false) => return Break(self.not_its_turn().await),
                Err(error) => {
                    tracing::warn!(%error, event = &*self.event.id, "the journal is out of reach; the task will come again");
                    let pause = self.work.handler.policy.pause(self.delivered, &self.event.id);
                    return Break(self.hand_back(pause).await);
                }
            }
        }
        let mut past =
            if self.delivered > 1 && self.is_counted() { Some(Box::new(self.past().await?)) } else { None };
        if !self.hand.is_ours() {
            return Break(Err(SettleError::Lost));
        }
        if self.task.is_some() && self.is_expired() && !self.is_begun().await {
            tracing::info!(event = &*self.event.id, "a request that nobody waits for any more is not begun");
            return Break(self.ack(past.is_some_and(|past| past.recorded)).await);
        }
        if let Some(Past { history, recorded }) = past.as_deref_mut()
            && history.is_doubtful(self.delivered)
        {
            // Taken for lost, until it ends with a word.
            self.record(&History { lost: history.lost + 1, ..history.clone() }).await;
            *recorded = true;
            if !self.hand.is_ours() {
                return Break(Err(SettleError::Lost));
            }
        }
        Continue(past)
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

    /// A task waits: whoever has what it waits for wakes it, and not this event.
    pub(super) async fn suspended(&self, past: Option<Box<Past>>) -> Settled {
        self.ack(past.is_some_and(|past| past.recorded)).await?;
        self.settle_task().await;
        Ok(())
    }

    /// The failure is recorded, and the event handed back or given up.
    pub(super) async fn failed(&self, past: Option<Box<Past>>, failure: Failure) -> Settled {
        let past = past.map_or_else(History::default, |past| past.history);
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

    async fn ack(&self, recorded: bool) -> Settled {
        self.hand.receipt().ack().await?;
        if recorded {
            self.forget().await;
        }
        Ok(())
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

    /// A broadcast is heard by each instance for itself, once: nothing is recorded, tried again or given up.
    fn is_counted(&self) -> bool {
        !matches!(self.work.handler.spec.kind, Kind::Broadcast)
    }

    fn is_expired(&self) -> bool {
        self.event.expires_at.is_some_and(|expires_at| expires_at < self.work.services.clock.timestamp())
    }
}
