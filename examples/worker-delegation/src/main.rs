//! An order, for which a worker has two others work side by side, over the death of each of them.
//!
//! ```text
//! shop ── order.process ──> orders ── inventory.reserve ──> inventory
//!                           orders ── payment.charge ─────> payments     both at once
//!                           orders <── their answers ───────┘
//!                           orders ── inventory.release | payment.refund, where only one of them could
//! shop <── order.processed ─┘
//! ```
//!
//! The worker `orders` is written twice: `awaiting` awaits what it delegates, `split` is the same with a handler for each answer.
//! `--form` chooses; nobody else can tell.

mod awaiting;
mod form;
mod inventory;
mod ledger;
mod order;
mod payments;
mod shop;
mod split;
#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Context as _;
use soorma::prelude::*;

use crate::{form::Form, ledger::Ledger, payments::Bank, shop::Shop};

/// How long it takes until somebody else goes on with what a killed process had in hand.
const LEASE: Duration = Duration::from_secs(5);

/// Processes orders: a worker has inventory and payments work for it, and survives.
#[soorma::main(name = "orders")]
async fn main(mut app: AppBuilder) -> anyhow::Result<AppBuilder> {
    let form =
        app.arg("form", "FORM", "how the worker is written: `awaiting`, where nothing is said, or `split`");
    let orders = number(app.arg("orders", "N", "how many orders the shop sends, 4 by default"), "orders", 4)?;
    let bank = number(app.arg("bank", "SECONDS", "how long a charge takes, 1 s by default"), "bank", 1)?;
    let ledger = app.arg("ledger", "FILE", "what was done in the world outside, `ledger.txt` by default");
    let form = Form::named(form.as_deref())?;
    let ledger = Ledger::new(ledger.as_deref().unwrap_or("ledger.txt"));
    let bank = Bank { takes: Duration::from_secs(bank.into()) };
    Ok(app.handlers(form.handlers()).lease(LEASE).state(Shop::new(orders)).state(bank).state(ledger))
}

fn number(given: Option<String>, name: &str, default: u32) -> anyhow::Result<u32> {
    match given {
        None => Ok(default),
        Some(given) => {
            given.parse().with_context(|| format!("`--{name}` takes a whole number, not `{given}`"))
        }
    }
}
