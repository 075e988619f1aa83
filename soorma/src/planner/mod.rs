//! Decisions by a language model: which event is published next, and who goes on.
//!
//! Owns what a model is asked, how its answer is read, and the record of both; knows no provider: a [`Model`] is two methods
//! over whichever client a program has. What may be chosen comes from the [toolkit](crate::toolkit).
//!
//! # What holds, whatever the model answers
//!
//! - What is chosen is an event of the [`Offer`](crate::toolkit::Offer), with data that follows its schema, on the topic of
//!   its definition. The offer is fixed before the model is asked, and a decision from a record is checked against it
//!   again. Nobody else can make a [`ValidatedPayload`](crate::toolkit::ValidatedPayload).
//! - An answer is one JSON object, bare or in one fenced block, of 256 KiB at the most. Anything else is told to the model
//!   as a violation, and so is a payload that its schema does not take.
//! - A model is called at most `max_calls` times a decision. A call is written down in the store before it is made, so neither
//!   a restart nor a crash loop resets the count. A call that the model [has not taken](ModelError::NotTaken) (connection
//!   refused, rate limit) has cost nothing and does not count; any other counts, whether it gave an answer or not.
//!   A model's error ends the decision: it is the handler's retry that asks again.
//! - What was decided is recorded, and given back when the same event is handled again: the model is not paid twice.
//!   Where two instances decide at once, both spend calls of the one budget, the first answer that is taken is what both
//!   get, and what they publish from it has one id.
//! - Each decision leaves a [`DecisionRecord`]: for every call the model, a hash of the prompt, a hash of the catalogue, the
//!   answer and what was wrong with it.
//! - Situations, descriptions, schemas and examples go into the prompt as JSON, so no text in them can end its place. The rules of
//!   answering stand apart, in [`Prompt::system`].
//!
//! # What does not
//!
//! - A model can choose an event that is offered, valid and wrong: because it errs, or because a text in the situation talked it
//!   into that. Delimiting makes this rarer; only the offer makes it impossible. Offer what may happen at worst:
//!
//!   ```
//!   # use soorma::{Effects, EventToolkit, EventTopic::ActionRequests, toolkit::Offer};
//!   # async fn f(toolkit: EventToolkit) -> anyhow::Result<Offer> {
//!   let mut definitions = toolkit.discover_actionable_events(ActionRequests).await?;
//!   definitions.retain(|definition| definition.effects == Some(Effects::None));
//!   let offer = toolkit.offer(definitions);
//!   # Ok(offer)
//!   # }
//!   ```
//!
//!   `effects` is what the author of an event says of it, and whoever may register events may say so of any: where that is not
//!   your own team, offer events by their names.
//! - The data follows its schema, no more: an account number in it may be another customer's. Check in the handler that
//!   acts what only it can know.
//! - The reason and the `result` of a completed plan are free text of a model.
//! - Answers are kept in the store for as long as records are, sensitive fields included.
//! - A process that dies between the model's answer and its record has lost the answer; the call counts.

mod actions;
mod answer;
mod decision;
mod error;
mod form;
mod inquiry;
mod json;
mod ledger;
mod model;
#[expect(clippy::module_inception, reason = "the file is called what it holds")]
mod planner;
mod record;
mod scripted;
mod selector;
mod text;

pub use self::{
    decision::{PlannerAction, PlannerDecision},
    error::DecideError,
    model::{Message, Model, ModelError, Prompt},
    planner::{Acted, Planner},
    record::{DecisionRecord, ModelCall, Outcome, RawAnswer},
    scripted::ScriptedModel,
    selector::{EventSelector, Selection},
};
