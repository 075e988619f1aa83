//! Handlers: how an annotated function becomes a row of the handler table.
//!
//! Owns what the macros write down about a function, and what a function is given when it is called. Knows
//! nothing of how deliveries are drawn or settled.

mod claims;
mod incoming;
mod options;
mod registration;
mod role;
mod rules;
mod source;
mod table;

pub(crate) use self::{
    incoming::{Callee, Scope, StateMap},
    source::Source,
    table::{AgentTable, Handler, Table},
};
pub use self::{
    incoming::{Incoming, Missing, Startup},
    options::Options,
    registration::{Declared, Entry, Handlers, HookRegistration, Registered, Registration, Submission},
    role::{Role, Roles},
    table::TableError,
};
