use soorma::prelude::*;

#[derive(Debug)]
struct NotSend(std::rc::Rc<()>);

impl std::fmt::Display for NotSend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not send")
    }
}

impl std::error::Error for NotSend {}

#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}

#[on_event]
async fn handle(order: Event<OrderPlaced>) -> Result<(), NotSend> {
    drop(order);
    Ok(())
}

fn main() {}
