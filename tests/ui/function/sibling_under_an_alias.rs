//! errors: 2, because the first attribute does not know the other by this name: what both write down is there twice

use soorma::prelude::*;

use soorma::on_event as hear;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event]
#[hear(agent = "audit")]
async fn handle(__order: Event<OrderPlaced>) {}

fn main() {}
