use soorma::prelude::*;

struct Order;

async fn work(bus: Bus) -> anyhow::Result<()> {
    bus.publish(Order).await?;
    Ok(())
}

fn main() {}
