use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "inventory.reserve", response = InventoryReserved)]
struct ReserveInventory {
    quantity: u32,
}

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "inventory.reserved")]
struct InventoryReserved {
    left: u32,
}

async fn work(bus: Bus) -> anyhow::Result<String> {
    Ok(bus.ask(ReserveInventory { quantity: 1 }).await?)
}

fn main() {}
