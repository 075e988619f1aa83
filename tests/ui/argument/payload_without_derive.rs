use soorma::prelude::*;

struct Order {
    order_id: String,
}

#[on_event(topic = BusinessFacts, event_type = "order.placed")]
async fn handle(_order: Event<Order>) {}

fn main() {}
