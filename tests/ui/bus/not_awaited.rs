#![deny(unused_must_use)]
use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {}

#[on_startup]
async fn open(bus: Bus) {
    bus.publish(OrderPlaced {});
}

fn main() {}
