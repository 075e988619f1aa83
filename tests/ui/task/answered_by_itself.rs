use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "inventory.reserve", response = ReserveInventory)]
struct ReserveInventory {
    quantity: u32,
}

fn main() {}
