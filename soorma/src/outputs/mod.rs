//! Outputs: what a handler returns is published.
//!
//! Owns the trait that return types implement, and the list that they fill; knows nothing of ids or brokers.

mod failure;
mod into_outputs;
mod list;
mod produces;

pub(crate) use self::list::{Output, Place};
pub use self::{failure::Failure, into_outputs::IntoOutputs, list::Outputs, produces::Produces};
