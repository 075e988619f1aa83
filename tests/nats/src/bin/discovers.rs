//! `discovers <url> <agent>`: one of three agents, under a short lease. Prints which events an agent that lives consumes,
//! whenever that changes; ends well at the end of its input.

use std::time::Duration;

use anyhow::bail;
use soorma::{Catalogue, handlers, prelude::*};

/// A customer placed an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {}

/// An order was paid.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.paid")]
struct OrderPaid {}

/// An order is on its way.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.shipped")]
struct OrderShipped {}

#[on_event(agent = "payments")]
async fn placed(_order: Event<OrderPlaced>) -> OrderPaid {
    OrderPaid {}
}

#[on_event(agent = "parcels")]
async fn paid(_order: Event<OrderPaid>) -> OrderShipped {
    OrderShipped {}
}

#[on_event(agent = "letters")]
async fn shipped(_order: Event<OrderShipped>) {}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, agent] = &arguments[..] else { bail!("usage: discovers <url> <agent>") };
    let app = App::builder("discovers")
        .handlers(handlers![placed, paid, shipped])
        .agents([agent])
        .broker_url(url)
        .lease(Duration::from_secs(3))
        .start()
        .await?;
    let mut changes = app.registry().watch().await?;
    let mut catalogue = app.registry().catalogue().await?;
    let mut end = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    loop {
        print(&catalogue);
        tokio::select! {
            change = changes.next() => match change {
                Some(change) => catalogue = change,
                None => bail!("the registry is gone"),
            },
            _ = &mut end => break,
        }
    }
    app.shutdown().await;
    Ok(())
}

fn print(catalogue: &Catalogue) {
    let actionable = catalogue.events().filter(|event| catalogue.is_actionable(event));
    let names: Vec<&str> = actionable.map(|event| &*event.event_name).collect();
    println!("{}", names.join(" "));
}
