//! soorma by another name, and through a crate of the user's. No crate here is called `soorma`.

#![deny(warnings, missing_debug_implementations, unused_qualifications, unused_results)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]

pub mod by_name;
pub mod through_facade;
