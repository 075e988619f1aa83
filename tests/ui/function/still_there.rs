use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event(topic = BusinesFacts)]
async fn handle(_order: Event<OrderPlaced>) {}

async fn caller() {
    handle(Event::new(OrderPlaced { order_id: "1".into() })).await;
    let _ = soorma::handlers![handle];
}

fn main() {}
