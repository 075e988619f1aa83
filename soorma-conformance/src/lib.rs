//! What every broker of soorma must do: a suite that runs against any of them.
//!
//! Whoever writes a broker implements [`Target`] once, and has the suite run in a test:
//!
//! ```
//! use std::sync::Arc;
//!
//! use soorma_conformance::{Memory, Options, run};
//!
//! #[tokio::main]
//! async fn main() {
//!     // All cases: `Options::default()`.
//!     let report = run(Arc::new(Memory::new()), &Options::only("C01, C15")).await;
//!     println!("{report}");
//!     report.assert_passed();
//! }
//! ```
//!
//! [`Memory`] is the example to follow; its source is a page. What a broker must do, and in which order of cases it is
//! best written, stands in [`soorma::broker`]. What more a target has it says by further methods of
//! [`Target`]: a [`Server`] that the suite may stop and start, a [`Foreign`] writer, the [`Wishes`] that it grants. What a
//! broker cannot do is reported as `n/a` with the [`Need`] that is missing, never passed over in silence. [`Report`]
//! prints a table of case by target, and reports of several targets go side by side ([`Report::beside`]).
//!
//! Each case runs in a [`Space`] of its own. Its processes are apps with a connection each ([`Target::connect`]), and
//! their death is that both are dropped. Sizes are small, so that the suite is over within a minute;
//! `SOORMA_CONFORMANCE=large` makes them what the specification names. Nothing is waited for by sleeping: a case waits
//! for a condition, with a deadline. [`Options::copies`] runs the whole suite several times at once, and the runtime is
//! the caller's: a current-thread one does too.
//!
//! **Give the suite a test binary of its own.** Its handlers carry the usual attributes, so an app that is linked
//! with it and is given no `handlers![..]` would find them.

mod bed;
mod case;
mod cases;
mod contract;
#[doc(hidden)]
pub mod front;
mod journal;
mod memory;
mod need;
mod report;
mod run;
mod script;
mod target;
mod tolerance;
mod wait;

pub use self::{
    case::Case,
    cases::all,
    memory::Memory,
    need::Need,
    report::{Cell, Outcome, Report},
    run::{Options, run},
    target::{Connection, Foreign, Server, Space, Target, Wishes},
};
