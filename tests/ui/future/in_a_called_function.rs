use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

async fn count() {
    let counted = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(counted);
}

#[on_event]
async fn handle(_order: Event<OrderPlaced>) {
    count().await;
}

fn main() {}
