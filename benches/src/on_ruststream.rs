//! The cases on `ruststream`: publish, deliver, decode, handle, acknowledge, on its broker in memory, as its documentation and its own
//! benchmarks write them.
//!
//! Its broker has no envelope, no ids, no duplicates to recognise, no leases and no bound; a handler takes one message after the other,
//! unless it says `workers(..)`.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{bail, ensure};
use ruststream::{
    BytesMut, OutgoingMessage,
    codec::{Codec, JsonCodec},
    memory::{MemoryPublisher, MemoryRequester, PARTITION_KEY_HEADER, prelude::*},
    runtime::{Outgoing as View, PublishContext, RunningApp},
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    CHUNK,
    countdown::Countdown,
    payload::{AskPrice, Confirmed, Item, Moved, Order, Price, shelves},
    program::Program,
};

/// What a program shares with its handlers.
#[derive(Clone, FromRef)]
struct Shared {
    left: Arc<Countdown>,
    calls: Arc<AtomicU64>,
}

fn took(left: &Countdown, right: bool) -> HandlerOutcome {
    if !right {
        return HandlerOutcome::drop();
    }
    left.one();
    HandlerOutcome::ack()
}

#[subscriber("order.placed")]
async fn take_order(order: &Order, ctx: &mut Context<'_, (), Shared>) -> HandlerOutcome {
    took(&ctx.state().left, order.customer == "customer-4711")
}

#[subscriber("order.placed", workers(16))]
async fn order_by_sixteen(order: &Order, ctx: &mut Context<'_, (), Shared>) -> HandlerOutcome {
    took(&ctx.state().left, order.customer == "customer-4711")
}

#[subscriber("item.taken")]
async fn take_item(item: &Item, ctx: &mut Context<'_, (), Shared>) -> HandlerOutcome {
    took(&ctx.state().left, item.id == 42)
}

#[subscriber("item.taken", workers(16))]
async fn item_by_sixteen(item: &Item, ctx: &mut Context<'_, (), Shared>) -> HandlerOutcome {
    took(&ctx.state().left, item.id == 42)
}

#[subscriber(MemoryPattern::new("order.*"))]
async fn by_pattern(order: &Order, ctx: &mut Context<'_, (), Shared>) -> HandlerOutcome {
    took(&ctx.state().left, order.customer == "customer-4711")
}

#[subscriber("order.placed", reply)]
async fn confirm(order: &Order, ctx: &mut Context<'_, (), Shared>) -> Result<Confirmed, HandlerOutcome> {
    if order.customer != "customer-4711" {
        return Err(HandlerOutcome::drop());
    }
    ctx.state().left.one();
    Ok(Confirmed { id: 42 })
}

#[derive(OutSlot)]
#[publishes(Confirmed)]
struct Confirms;

#[subscriber("order.placed")]
async fn three(
    order: &Order,
    State(left): State<Arc<Countdown>>,
    Out(_out): Out<impl Publisher, Confirms>,
) -> HandlerOutcome {
    took(&left, order.customer == "customer-4711")
}

/// As its own benchmark has it: the first ones of a chunk come back, and what comes back is taken.
#[subscriber("item.taken")]
async fn at_second(item: &Item, ctx: &mut Context<'_, (), Shared>) -> HandlerOutcome {
    if ctx.state().calls.fetch_add(1, Ordering::Relaxed) % (2 * CHUNK) < CHUNK {
        return HandlerOutcome::retry_after(Duration::ZERO);
    }
    took(&ctx.state().left, item.id == 42)
}

#[subscriber("item.moved", workers(16, by_key))]
async fn in_order(moved: &Moved, ctx: &mut Context<'_, (), Shared>) -> HandlerOutcome {
    took(&ctx.state().left, moved.quantity == 3)
}

#[subscriber("price.ask", reply("price.told"))]
async fn tell_price(ask: &AskPrice) -> Price {
    Price { cents: ask.id * u64::from(ask.quantity) }
}

/// Answers where the request asked to be answered.
struct ToInbox;

impl<C, Options> PublishTransform<ForReply<C>, Options> for ToInbox {
    type Destination = Names;

    fn apply(&self, out: &mut View<'_>, _options: &mut Option<Options>, cx: &PublishContext<'_, C>) {
        if let Some(to) = cx.headers().get_shared("reply-to")
            && let Ok(to) = Str::try_from(to)
        {
            out.set_name(to);
        }
    }
}

pub(crate) async fn start(case: &str, payload: &str, left: Arc<Countdown>) -> anyhow::Result<Program> {
    let broker = MemoryBroker::new();
    let shared = Shared { left: left.clone(), calls: Arc::default() };
    let empty = RustStream::new(AppInfo::new("bench", "0.0.0"))
        .on_startup(async move |()| Ok::<_, Infallible>(shared));
    let mut known = true;
    let app = empty.with_broker(broker.clone(), |b| match (case, payload) {
        ("typed" | "traced" | "informed", "large" | "small") => drop(b.include(take_order)),
        ("typed", "item" | "padded") => drop(b.include(take_item)),
        ("sixteen", "large" | "small") => drop(b.include(order_by_sixteen)),
        ("sixteen", "item" | "padded") => drop(b.include(item_by_sixteen)),
        ("pattern", "large" | "small") => drop(b.include(by_pattern)),
        ("returned", "large" | "small") => drop(b.include(confirm)),
        ("three", "large" | "small") => b.include(three).out(Confirms, Publish).build(),
        ("retry", "item") => drop(b.include(at_second)),
        ("ordered", "keyed") => drop(b.include(in_order)),
        ("ask", "item") => drop(b.include(tell_price).out_reply(Publish).transform(ToInbox)),
        _ => known = false,
    });
    ensure!(known, "there is no such case");
    let app: RunningApp = app.start().await?;
    let publisher = broker.publisher();
    Ok(match payload {
        "large" => program(app, publisher, "order.placed", Order::large()),
        "small" => program(app, publisher, "order.placed", Order::small()),
        "item" if case == "ask" => {
            let requester = broker.requester();
            Program::new(app, move |events| ask(requester.clone(), left.clone(), events))
        }
        "item" => program(app, publisher, "item.taken", Item::ONE),
        "padded" => program(app, publisher, "item.taken", RawValue::from_string(Item::padded())?),
        "keyed" => Program::new(app, move |events| keyed(publisher.clone(), events)),
        _ => bail!("no payload `{payload}`"),
    })
}

/// The buffer is handed over, as the broker wants it.
fn encoded(payload: &impl Serialize) -> anyhow::Result<BytesMut> {
    let mut bytes = BytesMut::new();
    JsonCodec.encode_into(payload, &mut bytes)?;
    Ok(bytes)
}

fn program<P: Clone + Serialize + Send + Sync + 'static>(
    app: RunningApp,
    publisher: MemoryPublisher,
    name: &'static str,
    payload: P,
) -> Program {
    Program::new(app, move |events| {
        let (publisher, payload) = (publisher.clone(), payload.clone());
        async move {
            for _ in 0..events {
                publisher.publish(OutgoingMessage::produced(name, encoded(&payload.clone())?), None).await?;
            }
            Ok(())
        }
    })
}

async fn keyed(publisher: MemoryPublisher, events: u64) -> anyhow::Result<()> {
    for moved in shelves().iter().cycle().take(usize::try_from(events)?) {
        let moved = moved.clone();
        let mut headers = HeaderMap::new();
        headers.insert(PARTITION_KEY_HEADER, moved.shelf.clone());
        let message = OutgoingMessage::produced("item.moved", encoded(&moved)?).with_headers(headers);
        publisher.publish(message, None).await?;
    }
    Ok(())
}

/// One question after the other.
async fn ask(requester: MemoryRequester, left: Arc<Countdown>, events: u64) -> anyhow::Result<()> {
    for _ in 0..events {
        let question = encoded(&AskPrice { id: 42, quantity: 3 })?;
        let message = OutgoingMessage::produced("price.ask", question);
        let answer = requester.request(message, Duration::from_secs(5)).await?;
        let price: Price = serde_json::from_slice(answer.payload())?;
        ensure!(price.cents == 126, "not the price");
        left.one();
    }
    Ok(())
}
