//! mistakes: 2

use soorma::prelude::*;

struct Order {
    order_id: String,
}

#[on_event(topic = BusinessFacts, event_type = "order.placed")]
async fn first(_order: Event<Order>) {}

#[on_event(topic = BusinessFacts, event_type = "order.placed", name = "second")]
async fn second(_order: Event<Order>) {}

fn main() {}
