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

#[on_task]
async fn reserve(task: Task<ReserveInventory>) -> Result<InventoryReserved, InventoryReserved> {
    Ok(InventoryReserved { left: task.quantity })
}

fn main() {}
