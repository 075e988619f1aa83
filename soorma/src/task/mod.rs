//! Durable tasks: what a task delegates, does once or waits for is written down, and survives the death of its process.
//!
//! A task is a function that may run several times. What it does through [`Task`](crate::Task) is numbered in the order of
//! the calls and recorded under its number; a second run gets what is recorded and does the rest. Owns the journal, the
//! suspension of tasks that wait, what wakes them, and deferred tasks, which others answer; knows nothing of how a delivery is settled.
//!
//! Invariants: a record is created once, and whoever comes second takes what is there; a task that is suspended is woken
//! by whoever records what it waits for, or its own delivery comes again.

mod answers;
mod busy;
mod deferral;
mod deferred;
mod delegate;
mod error;
mod id;
mod journal;
mod open;
mod opened;
mod progress;
mod record;
mod run;
mod sleep;
mod step;

pub(crate) use self::{
    answers::Answers,
    deferred::defer,
    delegate::all,
    id::Wake,
    open::find,
    progress::progress,
    run::{Carrier, Parked, TaskRun},
    sleep::sleep,
    step::step,
};
pub use self::{deferred::Deferred, delegate::Delegation, error::TaskError, open::OpenTask};
