use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinesFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event(topic = BillingEvents, event_type = "order.shipped")]
async fn first(order: Event<OrderPlaced>) -> OrderPlaced {
    order.into_payload()
}

#[on_event(ordered)]
async fn second(_order: Event<OrderPlaced>) {}

#[on_task]
async fn third(_order: Task<OrderPlaced>) {}

#[on_event(topic = BusinessFacts, event_type = "order.*")]
async fn fourth(_order: Event<OrderPlaced>) {}

fn main() {}
