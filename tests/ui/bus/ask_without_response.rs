use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "inventory.reserve")]
struct Reserve;

async fn work(bus: Bus) -> anyhow::Result<()> {
    bus.ask(Reserve).await?;
    Ok(())
}

fn main() {}
