//! The agent `inventory`: sets stock aside, and takes it back. Owns the stock.

use soorma::prelude::*;

use crate::{
    ledger::{Ledger, Taken},
    orders::Order,
};

/// How many pieces of an article there are when it is first asked for.
const OPENING_UNITS: u64 = 25;

/// Set stock aside for an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "inventory.reserve", response = StockAnswer)]
pub(crate) struct ReserveStock {
    pub(crate) order: Order,
}

/// Whether stock was set aside.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "inventory.answered")]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum StockAnswer {
    Reserved { order: Order },
    OutOfStock { order: Order, left: u64 },
}

/// Take back what was set aside for an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "inventory.release", response = StockReleased)]
pub(crate) struct ReleaseStock {
    pub(crate) order: Order,
}

/// Nothing is set aside for this order any more.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "inventory.released")]
pub(crate) struct StockReleased {
    pub(crate) order: Order,
}

/// An account an article, in pieces.
pub(crate) fn stock(context: &Context) -> Ledger {
    Ledger::new(context.records("stock"), context.records("reservations"), OPENING_UNITS)
}

#[on_task(agent = "inventory")]
pub(crate) async fn reserve(task: Task<ReserveStock>, context: Context) -> anyhow::Result<StockAnswer> {
    let order = task.into_payload().order;
    Ok(match stock(&context).take(&order.sku, &order.order_id, order.units()).await? {
        Taken::All => StockAnswer::Reserved { order },
        Taken::Nothing { left } => StockAnswer::OutOfStock { order, left },
    })
}

#[on_task(agent = "inventory")]
pub(crate) async fn release(task: Task<ReleaseStock>, context: Context) -> anyhow::Result<StockReleased> {
    let order = task.into_payload().order;
    stock(&context).give_back(&order.sku, &order.order_id).await?;
    Ok(StockReleased { order })
}
