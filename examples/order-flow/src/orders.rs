//! The agent `orders`: decides what follows what, and remembers nothing. Every event carries the whole order.

use std::num::NonZeroU32;

use soorma::prelude::*;

use crate::{
    inventory::{ReleaseStock, ReserveStock, StockAnswer, StockReleased},
    payments::{CardAnswer, ChargeCard},
};

/// One customer wants so many pieces of one article: a line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) customer: String,
    pub(crate) sku: String,
    pub(crate) quantity: NonZeroU32,
    pub(crate) unit_price_cents: u32,
}

impl Order {
    pub(crate) fn units(&self) -> u64 {
        u64::from(self.quantity.get())
    }

    pub(crate) fn total_cents(&self) -> u64 {
        self.units() * u64::from(self.unit_price_cents)
    }
}

/// A customer placed an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
pub(crate) struct OrderPlaced {
    pub(crate) order: Order,
}

/// An order was reserved, paid for, and goes out.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.completed")]
pub(crate) struct OrderCompleted {
    pub(crate) order: Order,
    pub(crate) charged_cents: u64,
}

/// An order was refused; neither stock nor money is held for it.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.refused")]
pub(crate) struct OrderRefused {
    pub(crate) order: Order,
    pub(crate) reason: Refusal,
}

/// Why an order was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Refusal {
    OutOfStock,
    CardDeclined,
}

/// What follows the answer about stock.
#[derive(Outputs)]
pub(crate) enum AfterStock {
    Charge(ChargeCard),
    Refused(OrderRefused),
}

/// What follows the answer about the card.
#[derive(Outputs)]
pub(crate) enum AfterCard {
    Completed(OrderCompleted),
    Release(ReleaseStock),
}

#[on_event]
pub(crate) async fn placed(placed: Event<OrderPlaced>) -> ReserveStock {
    ReserveStock { order: placed.into_payload().order }
}

#[on_result]
pub(crate) async fn stock_answered(result: TaskResult<StockAnswer>) -> anyhow::Result<AfterStock> {
    Ok(match answer(result)? {
        StockAnswer::Reserved { order } => AfterStock::Charge(ChargeCard { order }),
        StockAnswer::OutOfStock { order, .. } => {
            AfterStock::Refused(OrderRefused { order, reason: Refusal::OutOfStock })
        }
    })
}

#[on_result]
pub(crate) async fn card_answered(result: TaskResult<CardAnswer>) -> anyhow::Result<AfterCard> {
    Ok(match answer(result)? {
        CardAnswer::Charged { order, cents } => {
            AfterCard::Completed(OrderCompleted { order, charged_cents: cents })
        }
        CardAnswer::Declined { order, .. } => AfterCard::Release(ReleaseStock { order }),
    })
}

#[on_result]
pub(crate) async fn stock_released(result: TaskResult<StockReleased>) -> anyhow::Result<OrderRefused> {
    let StockReleased { order } = answer(result)?;
    Ok(OrderRefused { order, reason: Refusal::CardDeclined })
}

/// A task that failed for good needs a person: trying to handle its answer again would not help.
fn answer<T>(result: TaskResult<T>) -> Result<T, Reject> {
    result.into_result().map_err(|failed| Reject::because("the order cannot go on", failed))
}
