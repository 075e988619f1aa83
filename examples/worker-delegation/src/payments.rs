//! The agent `payments`: charges cards, and pays back. A charge takes its time: the bank has the customer confirm it.

use std::time::Duration;

use soorma::prelude::*;

use crate::{ledger::Ledger, order::Order};

/// The most that can be charged, in cents.
const LIMIT: u32 = 50_000;

/// Charge the customer's card with the price of an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "payment.charge", response = CardAnswer)]
pub(crate) struct ChargeCard {
    pub(crate) order: Order,
}

/// Whether the card was charged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "payment.answered")]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum CardAnswer {
    Charged { receipt: u64 },
    Declined,
}

/// Pay back what was charged for an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "payment.refund", response = CardRefunded)]
pub(crate) struct RefundCard {
    pub(crate) order: Order,
}

/// What was charged is paid back.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "payment.refunded")]
pub(crate) struct CardRefunded {
    pub(crate) receipt: u64,
}

/// The bank.
#[derive(Debug)]
pub(crate) struct Bank {
    /// How long the customer has to confirm a charge.
    pub(crate) takes: Duration,
}

#[on_task(agent = "payments")]
pub(crate) async fn charge(
    task: Task<ChargeCard>,
    bank: State<Bank>,
    ledger: State<Ledger>,
) -> anyhow::Result<CardAnswer> {
    let order = &task.order;
    if order.cents > LIMIT {
        return Ok(CardAnswer::Declined);
    }
    task.sleep(bank.takes).await?;
    let receipt = task.step("charge card", |key| async move { ledger.charge(&key, order) }).await?;
    Ok(CardAnswer::Charged { receipt })
}

#[on_task(agent = "payments")]
pub(crate) async fn refund(task: Task<RefundCard>, ledger: State<Ledger>) -> anyhow::Result<CardRefunded> {
    let order = &task.order;
    let receipt = task.step("refund card", |key| async move { ledger.refund(&key, order) }).await?;
    Ok(CardRefunded { receipt })
}
