//! A program of such a user: it chooses among the handlers of the library.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, rust_2018_idioms, unreachable_pub, unused_qualifications, unused_results)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    clippy::absolute_paths,
    clippy::expect_used,
    clippy::items_after_statements,
    clippy::missing_docs_in_private_items,
    clippy::shadow_unrelated,
    clippy::single_call_fn,
    clippy::unwrap_used
)]

use soorma::{handlers, prelude::*};
use users_strict::{
    contracts::OrderPlaced,
    handlers::{Heard, audit, close, open, want},
};

/// Ends with the first order.
#[on_event(agent = "end", name = "end")]
async fn end(_: Event<OrderPlaced>, context: Context) {
    context.shutdown();
}
/// Begins with an order.
#[on_startup(agent = "end")]
async fn begin() -> OrderPlaced {
    OrderPlaced::new("o-1".to_owned(), 1)
}

/// Handles orders.
///
/// # Errors
/// None.
#[soorma::main(name = "users", handlers_in = [users_strict])]
async fn main(mut app: AppBuilder) -> anyhow::Result<AppBuilder> {
    let left = app.arg("left", "NUMBER", "how many are left").map_or(Ok(0_u32), |left| left.parse())?;
    let handlers = handlers![begin, end, audit, close, open, want];
    Ok(app.state(Heard::default()).state(left).handlers(handlers))
}
