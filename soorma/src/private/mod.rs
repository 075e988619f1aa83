//! What generated code names, and nothing that a person should: it may change with every version.
//!
//! Invariant: the macros mention nothing but this module and the user's own types, so a program needs nothing else
//! in scope.

pub mod check;
mod main_fn;
mod message;
mod payload;
pub mod resolve;

pub use core;
pub use std::{
    default::Default,
    option::Option::{self, None, Some},
    process::ExitCode,
    result::Result::Ok,
    string::String,
    vec::Vec,
};

pub use anyhow;
pub use inventory;
pub use soorma_common::{
    Contract, DeclaredFact, Effects, EventDefinition, EventPayload, EventTopic, Guidance, OrderKey, Place,
    Request,
};

#[cfg(feature = "main")]
pub use crate::app::main::{About, main};
pub use crate::{
    broker::Start,
    extract::{Arg, FromDelivery},
    handler::{
        Declared, Entry, Handlers, HookRegistration, Incoming, Missing, Options, Registered, Registration,
        Role, Startup, Submission,
    },
    outputs::{IntoOutputs, Outputs, Produces},
};

pub use self::main_fn::{IntoApp, IntoDone};
use crate::BoxFuture;

/// What is known of a function through its types. The user's types are named in one body only, that of the
/// constant of this type: rustc reports a mistake once for each body.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// Its arguments.
    pub args: &'static [Arg],
    /// What it returns.
    pub produces: Produces,
    /// Calls it.
    pub call: for<'a> fn(&'a mut Incoming) -> BoxFuture<'a, anyhow::Result<Outputs>>,
    /// What its arguments need that is not there.
    pub check: fn(&Startup<'_>) -> Vec<Missing>,
    /// `produces(A, B)`, for each attribute.
    pub declared: &'static [&'static [Contract]],
}

/// The same for an enum of outputs.
#[derive(Clone, Copy, Debug)]
pub struct OutputsParts<T> {
    /// What is published.
    pub produces: Produces,
    /// Adds what is to be published.
    pub into_outputs: fn(T, &mut Outputs) -> anyhow::Result<()>,
}

/// The contract of a payload. `<T as EventPayload>::CONTRACT` beside the implementation would have rustc check
/// the traits that a payload needs once more, and report them twice.
#[must_use]
pub const fn contract_of<T: EventPayload>() -> Contract {
    T::CONTRACT
}

/// The contract of a request's response.
#[must_use]
pub const fn response_of<T: Request>() -> Option<&'static Contract> {
    Some(&<T::Response as EventPayload>::CONTRACT)
}

/// Boxes the future of a handler, or of a main function.
pub fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> BoxFuture<'a, T> {
    Box::pin(future)
}

/// What is missing, of all arguments.
#[must_use]
pub fn missing<const N: usize>(checks: [Result<(), Missing>; N]) -> Vec<Missing> {
    checks.into_iter().filter_map(Result::err).collect()
}
