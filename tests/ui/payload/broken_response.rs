use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "inventory.reserve", response = InventoryReserved)]
struct ReserveInventory {
    quantity: u32,
}

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResult, event_type = "inventory.reserved")]
struct InventoryReserved {
    left: u32,
}

#[on_task]
async fn reserve(_task: Task<ReserveInventory>) {}

async fn ask(bus: Bus) -> anyhow::Result<()> {
    let reserved = bus.ask(ReserveInventory { quantity: 1 }).await?;
    println!("{} left", reserved.left);
    Ok(())
}

fn main() {}
