//! errors: 3, because rustc asks for the derive at the call, in the future and at the await

use soorma::prelude::*;

async fn work(bus: Bus) -> anyhow::Result<()> {
    bus.publish(serde_json::json!({})).await?;
    Ok(())
}

fn main() {}
