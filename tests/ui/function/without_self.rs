//! errors: 4, because no macro sees that it stands inside an `impl`

use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

struct Orders;

impl Orders {
    #[on_event]
    async fn handle(_order: Event<OrderPlaced>) {}
}

fn main() {}
