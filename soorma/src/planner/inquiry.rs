//! Asking a model until an answer is taken, within what may be spent: what selector and planner have in common.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::{DecideError, DecisionRecord, Model, Prompt, answer, ledger::Ledger, ledger::Turn};
use crate::{EventToolkit, toolkit::Offer};

/// How many calls a decision may cost, where nothing is said.
const CALLS: u32 = 3;
/// The most that can be said: the record of every call has to fit into one value of the store.
const MOST_CALLS: u32 = 10;
/// How long records are kept, where nothing is said.
const KEPT: Duration = Duration::from_secs(30 * 86_400);
/// How much is kept of a reason, in characters.
const REASON: usize = 2000;

/// Who asks, whom, and on which terms.
#[derive(Clone)]
pub(super) struct Inquirer<'a> {
    pub(super) toolkit: EventToolkit,
    pub(super) model: &'a dyn Model,
    pub(super) instructions: String,
    max_calls: u32,
    keep: Duration,
}

/// What was decided, and which decision it was.
pub(super) struct Decided<T> {
    pub(super) id: String,
    pub(super) value: T,
}

impl<'a> Inquirer<'a> {
    pub(super) fn new(toolkit: &EventToolkit, model: &'a dyn Model) -> Self {
        let toolkit = toolkit.clone();
        Self { toolkit, model, instructions: String::new(), max_calls: CALLS, keep: KEPT }
    }

    pub(super) fn max_calls(&mut self, calls: u32) {
        self.max_calls = calls.clamp(1, MOST_CALLS);
    }

    pub(super) fn keep(&mut self, duration: Duration) {
        self.keep = duration;
    }

    /// The id of a decision: inside a handler it is the same when the same event is handled again.
    pub(super) fn id(&self, purpose: &str, name: &str) -> String {
        self.toolkit.bus().derived_id(purpose, name).unwrap_or_else(|| name.to_owned())
    }

    /// Asks until `judge` takes an answer. What was decided earlier is judged again, by what holds now.
    pub(super) async fn ask<T>(
        &self,
        (id, name): (String, &str),
        offer: &Offer,
        prompt: &Prompt,
        judge: impl Fn(&Value) -> Result<T, String>,
    ) -> Result<Decided<T>, DecideError> {
        if offer.is_empty() {
            return Err(DecideError::NothingOffered);
        }
        let ledger = Ledger {
            records: DecisionRecord::of(&self.toolkit).expiring(self.keep),
            clock: self.toolkit.bus().services().clock.clone(),
            id,
            name: name.to_owned(),
            limit: self.max_calls as usize,
            model: self.model.name().to_owned(),
            catalogue_hash: offer.hash(),
        };
        loop {
            let decided = match ledger.next(prompt).await? {
                Turn::Decided(answer) => Some(answer),
                Turn::Exhausted { calls, last_violations } => {
                    return Err(DecideError::Exhausted { id: ledger.id, calls, last_violations });
                }
                Turn::Ask { call, prompt } => self.call(&ledger, &call, &prompt, &judge).await?,
            };
            let Some(answer) = decided else { continue };
            let id = ledger.id;
            return match judge(&answer) {
                Ok(value) => Ok(Decided { id, value }),
                Err(violations) => Err(DecideError::Outdated { id, violations }),
            };
        }
    }

    /// One call; gives what is decided after it.
    async fn call<T>(
        &self,
        ledger: &Ledger,
        call: &str,
        prompt: &Prompt,
        judge: &impl Fn(&Value) -> Result<T, String>,
    ) -> Result<Option<Value>, DecideError> {
        let text = match self.model.complete(prompt).await {
            Ok(text) => text,
            Err(error) => {
                if let Err(error) = ledger.failed(call, &error).await {
                    tracing::warn!(decision = ledger.id, %error, "how a call of the model failed is not recorded");
                }
                return Err(error.into());
            }
        };
        let judged = answer::object(&text).and_then(|answer| judge(&answer).map(|_| answer));
        if let Err(violations) = &judged {
            tracing::debug!(decision = ledger.id, violations, "an answer of the model was not taken");
        }
        Ok(ledger.answered(call, &text, judged).await?)
    }
}

/// The situation as JSON.
pub(super) fn json_of(situation: &impl Serialize) -> Result<String, DecideError> {
    serde_json::to_string(situation).map_err(DecideError::Situation)
}

/// A model's reason, cut.
pub(super) fn reason(text: &str) -> String {
    text.chars().take(REASON).collect()
}
