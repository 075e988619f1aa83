//! The end of an event that nobody could handle: whoever asked is told, and it goes to the dead letters.
//!
//! The decision is recorded first, so that a process that dies on the way only has to go the rest of it.

use super::{attempt::Attempt, history::History};
use crate::{
    broker::{Body, DeadLetter, DeadLetterReason, SettleError},
    bus,
    error::TaskFailed,
    handler::{Role, Scope},
    lifecycle::Stage,
};

impl Attempt<'_> {
    pub(super) async fn give_up(&self, past: History, reason: DeadLetterReason) -> Result<(), SettleError> {
        let history = History { dead: Some(reason), ..past };
        self.record(&history).await;
        self.bury(&history, reason).await
    }

    pub(super) async fn bury(&self, history: &History, reason: DeadLetterReason) -> Result<(), SettleError> {
        let work = self.work;
        let handler = &work.handler;
        if handler.registration.role == Role::OnTask
            && let Err(error) = self.tell_asker(history, reason).await
        {
            tracing::warn!(%error, "whoever asked could not be told; the event will come again");
            return self.hand_back(handler.policy.pause(history.attempts.max(1), &self.event.id)).await;
        }
        if let Err(error) = self.give_up_task().await {
            tracing::warn!(%error, "the journal could not be left for a replay; the event will come again");
            return self.hand_back(handler.policy.pause(history.attempts.max(1), &self.event.id)).await;
        }
        let now = work.services.clock.timestamp();
        let letter = DeadLetter {
            subscription: handler.spec.id.clone(),
            sequence: self.sequence,
            body: Body::Event(self.event.clone()),
            reason,
            first_errors: history.first_errors.clone(),
            errors: history.errors.clone(),
            handler: handler.registration.handler.to_owned(),
            attempts: history.attempts,
            first_failure: history.first_failure.unwrap_or(now),
            last_failure: history.last_failure.unwrap_or(now),
        };
        tracing::error!(
            subscription = %letter.subscription,
            event = &*self.event.id,
            attempts = letter.attempts,
            reason = %reason,
            error = letter.errors.join(": "),
            "dead letter"
        );
        self.hand.receipt().dead_letter(letter).await?;
        self.forget().await;
        self.settle_deferral().await;
        Ok(())
    }

    async fn tell_asker(&self, history: &History, reason: DeadLetterReason) -> anyhow::Result<()> {
        let work = self.work;
        let handler = &work.handler;
        if !self.end_deferral().await? {
            return Ok(());
        }
        let failed = TaskFailed {
            reason: if history.errors.is_empty() { reason.to_string() } else { history.errors.join(": ") },
            code: reason.to_string().replace(' ', "-"),
            retryable: matches!(reason, DeadLetterReason::AttemptsExhausted | DeadLetterReason::ProcessLost),
            attempts: history.attempts,
            request_id: self.event.id.to_string(),
            subject: self.event.subject.clone(),
        };
        let scope = Scope::new(self.event.clone(), handler.durable_name.clone());
        let answer = bus::task_failed(&work.services, &handler.agent, &scope, &failed);
        let said = self.said(Stage::Failed(&failed))?;
        for result in work.services.broker.publish(answer.into_iter().chain(said).collect()).await {
            result?;
        }
        Ok(())
    }
}
