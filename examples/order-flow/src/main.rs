//! A file of orders, carried through stock and payment by agents that know nothing of each other.
//!
//! ```text
//! reader ── order.placed ──> orders ── inventory.reserve ──> inventory
//!                            orders <── inventory.answered ──┘
//!                            orders ── payment.charge ─────> payments
//!                            orders <── payment.answered ────┘
//!                            orders ── order.completed | order.refused ──> reader
//! ```
//!
//! `audit` hears all of it, by pattern. Each agent has a file of its own, and its events are declared there.

mod audit;
mod books;
mod inventory;
mod ledger;
mod lines;
mod orders;
mod payments;
mod progress;
mod reader;
mod summary;
mod tally;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod verdict;

use anyhow::Context as _;
use soorma::prelude::*;

use crate::{audit::Audit, lines::Source, reader::Reader};

/// How many orders may be on their way at once.
const IN_FLIGHT: u32 = 256;

/// Carries a file of orders through stock and payment.
#[soorma::main(name = "orders")]
async fn main(mut app: AppBuilder) -> anyhow::Result<AppBuilder> {
    let file =
        app.arg("orders", "FILE", "JSON Lines file with orders, `-` for standard input; a sample by default");
    let in_flight = app.arg("in-flight", "N", "how many orders may be on their way at once; 256 by default");
    let in_flight = match in_flight {
        None => IN_FLIGHT,
        Some(given) => (given.parse().ok())
            .filter(|n| (1..=100_000).contains(n))
            .with_context(|| format!("`--in-flight` takes a number from 1 to 100000, not `{given}`"))?,
    };
    let source = Source::named(file.as_deref());
    Ok(app.state(Reader::new(source, in_flight)).state(Audit::default()))
}
