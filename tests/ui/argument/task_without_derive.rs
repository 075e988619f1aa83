use soorma::prelude::*;

struct Order {
    order_id: String,
}

#[on_task(event_type = "order.place")]
async fn handle(_order: Task<Order>) {}

fn main() {}
