use soorma::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BillingEvents, event_type = "invoice.sent")]
struct InvoiceSent {}

#[on_startup]
async fn open(bus: Bus) -> anyhow::Result<()> {
    bus.announce(InvoiceSent {}).await?;
    Ok(())
}

fn main() {}
