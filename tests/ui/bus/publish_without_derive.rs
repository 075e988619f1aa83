//! errors: 3, because rustc asks for the derive at the call, in the future and at the await

use soorma::prelude::*;

struct Order;

async fn work(bus: Bus) -> anyhow::Result<()> {
    bus.publish(Order).await?;
    Ok(())
}

fn main() {}
