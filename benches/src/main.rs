//! One typed handler, in process: `soorma-benches <variant> <payload> <events> <threads>`.
//!
//! Variants: `soorma` (publish, deliver, decode, handle, acknowledge) and `floor` (encode, a channel, decode:
//! what nobody can do without). Prints nothing but events a second; `cargo xtask bench in-process` counts
//! instructions and allocations around it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use soorma::{handlers, prelude::*};
use tokio::sync::{Notify, mpsc};

/// An order: about one kilobyte of JSON, or a tenth of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct Order {
    order_id: String,
    customer: String,
    note: String,
    lines: Vec<Line>,
}

/// One line of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Line {
    sku: String,
    quantity: u32,
    price_cents: u64,
}

fn order(size: &str) -> Order {
    let (lines, note) = if size == "small" { (0, 20) } else { (12, 230) };
    let line =
        |n: u32| Line { sku: format!("SKU-{n:05}"), quantity: n + 1, price_cents: 1_000 + u64::from(n) };
    Order {
        order_id: "0190-7c1e-order-000042".into(),
        customer: "customer-4711".into(),
        note: "x".repeat(note),
        lines: (0..lines).map(line).collect(),
    }
}

/// Counts down, and tells when it is done.
struct Countdown {
    left: AtomicU64,
    done: Notify,
}

impl Countdown {
    fn one(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }
}

#[on_event]
async fn handle(order: Event<Order>, countdown: State<Arc<Countdown>>) -> anyhow::Result<()> {
    anyhow::ensure!(order.customer == "customer-4711", "not the order that was sent");
    countdown.one();
    Ok(())
}

async fn soorma(order: Order, events: u64, countdown: Arc<Countdown>) -> anyhow::Result<()> {
    let app = App::builder("bench").handlers(handlers![handle]).state(countdown.clone()).start().await?;
    let bus = app.bus();
    let publisher = tokio::spawn(async move {
        for _ in 0..events {
            bus.publish(order.clone()).await?;
        }
        anyhow::Ok(())
    });
    countdown.done.notified().await;
    publisher.await??;
    app.shutdown().await;
    Ok(())
}

async fn floor(order: Order, events: u64, countdown: Arc<Countdown>) -> anyhow::Result<()> {
    let (sender, mut receiver) = mpsc::channel::<Box<serde_json::value::RawValue>>(1_024);
    let publisher = tokio::spawn(async move {
        for _ in 0..events {
            sender.send(serde_json::value::to_raw_value(&order.clone())?).await?;
        }
        anyhow::Ok(())
    });
    let consumer = tokio::spawn({
        let countdown = countdown.clone();
        async move {
            while let Some(json) = receiver.recv().await {
                let order: Order = serde_json::from_str(json.get())?;
                anyhow::ensure!(order.customer == "customer-4711", "not the order that was sent");
                countdown.one();
            }
            anyhow::Ok(())
        }
    });
    countdown.done.notified().await;
    publisher.await??;
    consumer.await??;
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [variant, size, events, threads] = &arguments[..] else {
        anyhow::bail!("usage: soorma-benches <soorma|floor> <large|small> <events> <threads>");
    };
    let (events, threads): (u64, usize) = (events.parse()?, threads.parse()?);
    let order = order(size);
    let runtime = match threads {
        1 => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        _ => tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?,
    };
    let countdown = Arc::new(Countdown { left: AtomicU64::new(events), done: Notify::new() });
    let start = Instant::now();
    match variant.as_str() {
        "soorma" => runtime.block_on(soorma(order, events, countdown))?,
        "floor" => runtime.block_on(floor(order, events, countdown))?,
        other => anyhow::bail!("no variant `{other}`; there are `soorma` and `floor`"),
    }
    println!("{:.0}", events as f64 / start.elapsed().as_secs_f64());
    Ok(())
}
