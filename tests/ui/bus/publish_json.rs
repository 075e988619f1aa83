use soorma::prelude::*;

async fn work(bus: Bus) -> anyhow::Result<()> {
    bus.publish(serde_json::json!({})).await?;
    Ok(())
}

fn main() {}
