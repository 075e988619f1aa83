//! mistakes: 2

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
#[on_startup]
#[on_event(agent = "audit")]
async fn reserve(__task: Task<ReserveInventory>) -> InventoryReserved {
    InventoryReserved { left: 1 }
}

fn main() {}
