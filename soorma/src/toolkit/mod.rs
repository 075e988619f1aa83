//! What a language model needs to publish events: its answers are checked before they become events.
//!
//! Owns the check of a value against the schema of a payload. Knows no model, no registry and no broker.

mod validate;

pub use self::validate::{SchemaError, Validator, Violation, Violations};
