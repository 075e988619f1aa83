//! The agent `shop`: sends a few orders at once, and prints the answers as they come.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use anyhow::ensure;
use soorma::{AskError, prelude::*};
use tokio::task::JoinSet;

use crate::order::{Order, OrderProcessed, ProcessOrder};

/// How long the shop waits for an answer: long enough to kill a worker by hand, and to start another one.
const PATIENCE: Duration = Duration::from_secs(600);

/// Article, pieces, cents for one.
const WANTED: [(&str, u32, u32); 4] =
    [("mug", 2, 950), ("lamp", 40, 800), ("chair", 3, 19_900), ("table", 40, 29_900)];

/// What the shop sends.
pub(crate) struct Shop {
    orders: usize,
    unanswered: AtomicUsize,
}

impl Shop {
    pub(crate) fn new(orders: u32) -> Self {
        let orders = orders as usize;
        Self { orders, unanswered: AtomicUsize::new(orders) }
    }
}

/// The sample, over and over.
pub(crate) fn sample(orders: usize) -> impl Iterator<Item = Order> {
    WANTED.into_iter().cycle().zip(1..=orders).map(|((article, pieces, price), number)| Order {
        order_id: format!("o-{number}"),
        article: article.to_owned(),
        pieces,
        cents: pieces * price,
    })
}

/// The work goes on in a task of its own: events are handled only after the hook has returned.
#[on_startup(agent = "shop")]
pub(crate) async fn open(context: Context, shop: State<Shop>) {
    tokio::spawn(async move {
        let mut asked = JoinSet::new();
        for order in sample(shop.orders) {
            asked.spawn(ask(context.bus().clone(), order));
        }
        while let Some(answer) = asked.join_next().await {
            match answer {
                Ok((order_id, Ok(outcome))) => {
                    println!("{order_id}: {outcome:?}");
                    shop.unanswered.fetch_sub(1, Ordering::Relaxed);
                }
                Ok((order_id, Err(error))) => println!("{order_id}: no answer: {error}"),
                Err(error) => println!("{error}"),
            }
        }
        context.shutdown();
    });
}

async fn ask(bus: Bus, order: Order) -> (String, Result<OrderProcessed, AskError>) {
    let order_id = order.order_id.clone();
    (order_id, bus.ask(ProcessOrder { order }).timeout(PATIENCE).await)
}

#[on_shutdown(agent = "shop")]
pub(crate) async fn close(shop: State<Shop>) -> anyhow::Result<()> {
    let unanswered = shop.unanswered.load(Ordering::Relaxed);
    ensure!(unanswered == 0, "{unanswered} of {} orders have no answer", shop.orders);
    Ok(())
}
