//! The agent `inventory`: sets pieces aside, and takes them back.

use std::collections::BTreeMap;

use soorma::prelude::*;

use crate::order::Order;

/// How many pieces there are of each article.
const PIECES: u32 = 25;

/// Set pieces aside for an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "inventory.reserve", response = StockAnswer)]
pub(crate) struct ReserveStock {
    pub(crate) order: Order,
}

/// Whether pieces were set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "inventory.answered")]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum StockAnswer {
    Reserved,
    OutOfStock,
}

/// Take back what was set aside for an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "inventory.release", response = StockReleased)]
pub(crate) struct ReleaseStock {
    pub(crate) order: Order,
}

/// Nothing is set aside for the order any more.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "inventory.released")]
pub(crate) struct StockReleased {}

/// How many pieces of an article each order has. By order, so that a request which comes twice counts once; one that was released
/// stays with 0, so that nothing is set aside for it later.
pub(crate) type Shelf = BTreeMap<String, u32>;

#[on_task(agent = "inventory")]
pub(crate) async fn reserve(task: Task<ReserveStock>, memory: Memory) -> anyhow::Result<StockAnswer> {
    let Order { order_id, article, pieces, .. } = &task.order;
    let reserve = |shelf: Option<Shelf>| {
        let mut shelf = shelf.unwrap_or_default();
        if shelf.values().sum::<u32>().saturating_add(*pieces) <= PIECES {
            shelf.entry(order_id.clone()).or_insert(*pieces);
        }
        shelf
    };
    let shelf = memory.update(article, reserve).await?;
    Ok(if shelf.contains_key(order_id) { StockAnswer::Reserved } else { StockAnswer::OutOfStock })
}

#[on_task(agent = "inventory")]
pub(crate) async fn release(task: Task<ReleaseStock>, memory: Memory) -> anyhow::Result<StockReleased> {
    let Order { order_id, article, .. } = &task.order;
    let release = |shelf: Option<Shelf>| {
        let mut shelf = shelf.unwrap_or_default();
        shelf.insert(order_id.clone(), 0);
        shelf
    };
    memory.update(article, release).await?;
    Ok(StockReleased {})
}
