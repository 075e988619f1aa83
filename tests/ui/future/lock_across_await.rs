use soorma::prelude::*;

use std::sync::Mutex;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

static TOTAL: Mutex<u32> = Mutex::new(0);

#[on_event]
async fn handle(order: Event<OrderPlaced>) {
    let mut total = TOTAL.lock().unwrap();
    *total += order.order_id.len() as u32;
    std::future::ready(()).await;
}

fn main() {}
