//! What a language model needs to publish events: which there are, what they look like, and a check of its answers
//! before they become events.
//!
//! Owns what is offered to a model, the check of a value against the schema of a payload, and the forms in which events
//! are shown. Knows no model and no broker: events are published through the bus, and found in the registry.

mod event_toolkit;
pub mod format;
mod offer;
mod payload;
mod search;
mod validate;

pub use self::{
    event_toolkit::EventToolkit,
    offer::Offer,
    payload::{InvalidPayload, ValidatedPayload},
    search::Index,
    validate::{SchemaError, Validator, Violation, Violations},
};
