//! What the broker of `sqlite:` does beyond what every broker must.

#![allow(clippy::unwrap_used)]

mod bench;
mod broadcasts;
mod changes;
mod draws;
mod limits;
mod order;
mod publishing;
mod renaming;
