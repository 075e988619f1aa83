//! Decisions by a language model: which event is published next, by rules that no answer can bend.
mod answer;
mod error;
mod form;
mod inquiry;
mod json;
mod ledger;
mod model;
mod record;
mod scripted;
mod selector;
mod text;

pub use self::{
    error::DecideError,
    model::{Message, Model, ModelError, Prompt},
    record::{DecisionRecord, ModelCall, Outcome, RawAnswer},
    scripted::ScriptedModel,
    selector::{EventSelector, Selection},
};
