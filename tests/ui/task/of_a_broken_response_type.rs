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

struct Refused;

#[on_task]
async fn reserve(task: Task<ReserveInventory>) -> (InventoryReserved, Refused) {
    (InventoryReserved { left: task.quantity }, Refused)
}

fn main() {}
