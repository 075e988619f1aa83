use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

async fn work(bus: Bus) -> anyhow::Result<()> {
    bus.ask(OrderPlaced { order_id: "1".into() }).await?;
    Ok(())
}

fn main() {}
