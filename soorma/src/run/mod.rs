//! Running handlers: deliveries are drawn, handed to handlers, and settled by what becomes of them.
//!
//! Owns attempts, leases, concurrency and drain; knows the broker contract and never a broker.

mod attempt;
mod burial;
mod dispatcher;
mod failure;
mod guard;
mod held;
mod history;
mod phase;
mod policy;
mod prefetch;
mod recorded;
mod tasks;

pub(crate) use self::{
    dispatcher::{Dispatcher, Ended},
    guard::{caught, guarded},
    held::Lease,
    phase::{Phase, PhaseSender},
    policy::Policy,
};
