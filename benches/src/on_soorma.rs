//! The cases on soorma: publish, deliver, decode, handle, acknowledge, on `memory:` as it is when nothing is said.

use std::{sync::Arc, time::Duration};

use anyhow::{bail, ensure};
use serde_json::value::RawValue;
use soorma::{App, FromDelivery, Handlers, Incoming, handlers, prelude::*};

use crate::{
    countdown::Countdown,
    payload::{AskPrice, Confirmed, Item, Moved, Order, Price, shelves},
    program::Program,
};

type Left = State<Arc<Countdown>>;

#[on_event]
async fn order(order: Event<Order>, left: Left) -> anyhow::Result<()> {
    ensure!(order.customer == "customer-4711", "not the order that was sent");
    left.one();
    Ok(())
}

#[on_event]
async fn item(item: Event<Item>, left: Left) -> anyhow::Result<()> {
    ensure!(item.id == 42, "not the item that was sent");
    left.one();
    Ok(())
}

#[on_event(topic = BusinessFacts, event_type = "order.*")]
async fn by_pattern(event: EventEnvelope, left: Left) -> anyhow::Result<()> {
    let order: Order = event.data_as()?;
    ensure!(order.customer == "customer-4711", "not the order that was sent");
    left.one();
    Ok(())
}

#[on_event]
async fn confirm(order: Event<Order>, left: Left) -> anyhow::Result<Confirmed> {
    ensure!(order.customer == "customer-4711", "not the order that was sent");
    left.one();
    Ok(Confirmed { id: 42 })
}

#[on_event]
async fn three(order: Event<Order>, left: Left, bus: Bus) -> anyhow::Result<()> {
    ensure!(order.customer == "customer-4711" && bus.agent() == "bench", "not the order that was sent");
    left.one();
    Ok(())
}

/// Which attempt it is.
struct Attempt(u32);

impl FromDelivery for Attempt {
    type Payload = soorma::NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self(incoming.attempt()))
    }
}

#[on_event(retry(backoff = "1ms..1ms"))]
async fn at_second(item: Event<Item>, attempt: Attempt, left: Left) -> anyhow::Result<()> {
    ensure!(item.id == 42 && attempt.0 > 1, "the first attempt fails");
    left.one();
    Ok(())
}

#[on_event(ordered)]
async fn in_order(moved: Event<Moved>, left: Left) -> anyhow::Result<()> {
    ensure!(moved.quantity == 3, "not what was sent");
    left.one();
    Ok(())
}

#[on_task]
async fn price(ask: Task<AskPrice>) -> anyhow::Result<Price> {
    Ok(Price { cents: ask.id * u64::from(ask.quantity) })
}

pub(crate) async fn start(case: &str, payload: &str, left: Arc<Countdown>) -> anyhow::Result<Program> {
    let handlers = match (case, payload) {
        ("typed" | "traced" | "informed", "large" | "small") => handlers![order],
        ("typed", "item" | "padded") => handlers![item],
        ("pattern", "large" | "small") => handlers![by_pattern],
        ("returned", "large" | "small") => handlers![confirm],
        ("three", "large" | "small") => handlers![three],
        ("retry", "item") => handlers![at_second],
        ("ordered", "keyed") => handlers![in_order],
        ("ask", "item") => handlers![price],
        _ => bail!("there is no such case"),
    };
    let app = app(handlers, &left).await?;
    let bus = app.bus();
    Ok(match payload {
        "large" => program(app, bus, Order::large()),
        "small" => program(app, bus, Order::small()),
        "item" if case == "ask" => Program::new(app, move |events| ask(bus.clone(), left.clone(), events)),
        "item" => program(app, bus, Item::ONE),
        "padded" => {
            let json = RawValue::from_string(Item::padded())?;
            Program::new(app, move |events| padded(bus.clone(), json.clone(), events))
        }
        _ => Program::new(app, move |events| keyed(bus.clone(), events)),
    })
}

async fn app(handlers: Handlers, left: &Arc<Countdown>) -> anyhow::Result<soorma::Running> {
    Ok(App::builder("bench").handlers(handlers).state(left.clone()).start().await?)
}

fn program<P: EventPayload + Clone + Send + Sync>(app: soorma::Running, bus: Bus, payload: P) -> Program {
    Program::new(app, move |events| {
        let (bus, payload) = (bus.clone(), payload.clone());
        async move {
            for _ in 0..events {
                bus.publish(payload.clone()).await?;
            }
            Ok(())
        }
    })
}

async fn padded(bus: Bus, json: Box<RawValue>, events: u64) -> anyhow::Result<()> {
    for _ in 0..events {
        bus.event(BusinessFacts, "item.taken").data(&json).publish().await?;
    }
    Ok(())
}

async fn keyed(bus: Bus, events: u64) -> anyhow::Result<()> {
    for moved in shelves().iter().cycle().take(usize::try_from(events)?) {
        bus.publish(moved.clone()).await?;
    }
    Ok(())
}

/// One question after the other.
async fn ask(bus: Bus, left: Arc<Countdown>, events: u64) -> anyhow::Result<()> {
    for _ in 0..events {
        let price = bus.ask(AskPrice { id: 42, quantity: 3 }).timeout(Duration::from_secs(5)).await?;
        ensure!(price.cents == 126, "not the price");
        left.one();
    }
    Ok(())
}
