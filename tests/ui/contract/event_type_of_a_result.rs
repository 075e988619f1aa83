use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "inventory.reserved")]
struct InventoryReserved {
    left: u32,
}

#[on_result(event_type = "inventory.released")]
async fn reserved(_result: TaskResult<InventoryReserved>) {}

fn main() {}
