use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[derive(Outputs)]
enum Decision {
    Placed { payload: OrderPlaced },
}

#[on_event]
async fn decide(order: Event<OrderPlaced>) -> anyhow::Result<Decision> {
    Ok(Decision::Placed { payload: order.into_payload() })
}

fn main() {}
