//! The books of one decision: a call is written down before it is made, and what was decided stays decided.
//!
//! Owns the count of calls; knows nothing of what is asked or answered.

use serde_json::Value;
use soorma_common::id;

use super::{
    DecisionRecord, Message, ModelCall, ModelError, Prompt,
    record::{Outcome, RawAnswer},
};
use crate::{
    clock::Clock,
    store::{Records, StoreError, Update},
};

/// The books of one decision.
pub(super) struct Ledger {
    pub(super) records: Records<DecisionRecord>,
    pub(super) clock: Clock,
    pub(super) id: String,
    pub(super) name: String,
    /// How many calls there may be.
    pub(super) limit: usize,
    pub(super) model: String,
    pub(super) catalogue_hash: String,
}

/// What is to be done.
pub(super) enum Turn {
    /// This was decided.
    Decided(Value),
    /// No call is left.
    Exhausted { calls: usize, last_violations: Option<String> },
    /// A call is reserved: it counts from now on.
    Ask { call: String, prompt: Prompt },
}

impl Ledger {
    /// Reserves a call, where the decision is not made yet.
    ///
    /// The prompt is made of what the record says, so it is the same whether or not the process died in between.
    pub(super) async fn next(&self, first: &Prompt) -> Result<Turn, StoreError> {
        let (call, at) = (id::fresh().to_string(), self.clock.timestamp());
        let turn = self.records.update(&self.id, |record| {
            let mut record = self.or_new(record);
            if let Some(outcome) = record.outcome {
                return Update::Keep(Turn::Decided(outcome.answer));
            }
            if record.calls.len() >= self.limit {
                let calls = record.calls.len();
                let last_violations = record.calls.into_iter().rev().find_map(|call| call.violations);
                return Update::Keep(Turn::Exhausted { calls, last_violations });
            }
            let prompt = with_answers(first, &record.calls);
            record.calls.push(ModelCall {
                id: call.clone(),
                model: self.model.clone(),
                prompt_hash: prompt.hash(),
                catalogue_hash: self.catalogue_hash.clone(),
                started_at: at,
                ended_at: None,
                answer: None,
                violations: None,
                error: None,
            });
            Update::Write(record, Turn::Ask { call: call.clone(), prompt })
        });
        turn.await
    }

    /// Writes down an answer, and whether it was taken. Gives what is decided now, if anything: the first answer that was
    /// taken, whoever got it.
    pub(super) async fn answered(
        &self,
        call: &str,
        answer: &str,
        judged: Result<Value, String>,
    ) -> Result<Option<Value>, StoreError> {
        let at = self.clock.timestamp();
        let update = self.records.update(&self.id, |record| {
            let mut record = self.or_new(record);
            if let Some(made) = record.calls.iter_mut().find(|made| made.id == call) {
                made.ended_at = Some(at);
                made.answer = Some(RawAnswer::of(answer));
                made.violations = judged.as_ref().err().cloned();
            }
            if let (None, Ok(answer)) = (&record.outcome, &judged) {
                record.outcome = Some(Outcome { call: call.to_owned(), answer: answer.clone(), at });
            }
            let decided = record.outcome.as_ref().map(|outcome| outcome.answer.clone());
            Update::Write(record, decided)
        });
        update.await
    }

    /// Writes down that no answer came. A call that the model has not taken is given back.
    pub(super) async fn failed(&self, call: &str, error: &ModelError) -> Result<(), StoreError> {
        let at = self.clock.timestamp();
        let update = self.records.update(&self.id, |record| {
            let mut record = self.or_new(record);
            match error {
                ModelError::NotTaken(_) => record.calls.retain(|made| made.id != call),
                ModelError::Failed(source) => {
                    if let Some(made) = record.calls.iter_mut().find(|made| made.id == call) {
                        made.ended_at = Some(at);
                        made.error = Some(RawAnswer::of(&source.to_string()).text);
                    }
                }
            }
            Update::Write(record, ())
        });
        update.await
    }

    fn or_new(&self, record: Option<DecisionRecord>) -> DecisionRecord {
        record.unwrap_or_else(|| DecisionRecord { name: self.name.clone(), calls: Vec::new(), outcome: None })
    }
}

/// The prompt with the answers that were not taken, and why.
fn with_answers(first: &Prompt, calls: &[ModelCall]) -> Prompt {
    let mut prompt = first.clone();
    for call in calls {
        if let (Some(answer), Some(violations)) = (&call.answer, &call.violations) {
            prompt.messages.push(Message::Assistant(answer.text.clone()));
            prompt.messages.push(Message::User(super::text::not_taken(violations)));
        }
    }
    prompt
}
