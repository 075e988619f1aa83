//! The cases of the conformance suite that speak of another process, a kill or a start, with processes that are some.

#![allow(clippy::unwrap_used)]

mod answers;
mod bench;
mod deaths;
mod sharing;
mod stillness;
