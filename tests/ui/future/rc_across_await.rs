use soorma::prelude::*;

use std::rc::Rc;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event]
async fn handle(order: Event<OrderPlaced>) {
    let counted = Rc::new(order.order_id.clone());
    std::future::ready(()).await;
    drop(counted);
}

fn main() {}
