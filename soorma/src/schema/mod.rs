//! Schemas of payloads, and which changes of one break somebody.
//!
//! Owns what is read out of a JSON Schema (draft 2020-12, as schemars writes it): references, the variants of an enum,
//! the ranges of integers, and the comparison of two schemas. Knows nothing of where schemas are kept, nor of events.
//!
//! ```
//! use schemars::{JsonSchema, schema_for};
//! use soorma::schema::{Breaks, compare};
//!
//! mod old {
//!     #[derive(schemars::JsonSchema)]
//!     pub struct Order { pub id: String }
//! }
//! mod new {
//!     #[derive(schemars::JsonSchema)]
//!     pub struct Order { pub id: String, pub note: Option<String>, pub quantity: u32 }
//! }
//!
//! let found = compare(schema_for!(old::Order).as_value(), schema_for!(new::Order).as_value());
//! assert_eq!(found.len(), 1, "`note` may come and go");
//! assert_eq!(found[0].breaks(), Breaks::New);
//! assert_eq!(found[0].to_string(), "/quantity: `quantity` is required now (breaks consumers of the new form)");
//! ```

mod branch;
mod compare;
mod difference;
mod document;
mod group;
mod limits;
mod object;
mod place;
mod range;
mod same;
#[cfg(test)]
pub(crate) mod tests;
mod types;

pub(crate) use self::compare::first_difference;
#[cfg(feature = "toolkit")]
pub(crate) use self::{
    branch::{Branch, Form, Key, branches, group},
    document::{Document, WORDS, address, members, strings},
    range::{Limit, integer, of_format},
    types::Types,
};
pub use self::{
    compare::compare,
    difference::{Breaks, Difference},
};
