//! Running handlers: deliveries are drawn, handed to handlers, and settled by what becomes of them.
//!
//! Owns attempts, concurrency and drain; knows the broker contract and never a broker.

mod attempt;
mod burial;
mod dispatcher;
mod failure;
mod history;
mod outcome;
mod past;
mod policy;
mod prefetch;
mod recorded;
mod settling;
mod tasks;
mod worker;

pub(crate) use self::{
    dispatcher::{Dispatcher, Ended},
    policy::Policy,
};
