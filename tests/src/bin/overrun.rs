//! A program for the signal test: its handler never ends, and it is given little time to.

use std::time::Duration;

use soorma::prelude::*;
use soorma_tests::Happened;

#[on_startup]
async fn publish(bus: Bus) -> anyhow::Result<()> {
    bus.publish(Happened::number(1)).await?;
    Ok(())
}

#[on_event]
async fn never_end(_: Event<Happened>) -> anyhow::Result<()> {
    println!("in flight");
    std::future::pending().await
}

/// Takes one event in hand for good.
#[soorma::main(name = "overrun")]
async fn main(app: AppBuilder) -> AppBuilder {
    app.grace(Duration::from_millis(200))
}
