//! The broker on a real server, seen through its contract.

#![allow(clippy::unwrap_used)]

mod addresses;
mod basics;
mod bench;
mod dead_letters;
mod foreign;
mod order;
mod outages;
mod provisioning;
mod publishing;
mod wire;
