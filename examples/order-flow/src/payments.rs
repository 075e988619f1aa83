//! The agent `payments`: charges cards. Owns the balances.

use soorma::prelude::*;

use crate::{
    ledger::{Ledger, Taken},
    orders::Order,
};

/// How much may be charged to a card that was never charged before.
const OPENING_CENTS: u64 = 100_000;

/// Charge the customer's card with the price of an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "payment.charge", response = CardAnswer)]
pub(crate) struct ChargeCard {
    pub(crate) order: Order,
}

/// Whether the card was charged.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "payment.answered")]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum CardAnswer {
    Charged { order: Order, cents: u64 },
    Declined { order: Order, available_cents: u64 },
}

/// An account a customer, in cents.
pub(crate) fn balances(context: &Context) -> Ledger {
    Ledger::new(context.records("balances"), context.records("charges"), OPENING_CENTS)
}

#[on_task(agent = "payments")]
pub(crate) async fn charge(task: Task<ChargeCard>, context: Context) -> anyhow::Result<CardAnswer> {
    let order = task.into_payload().order;
    let cents = order.total_cents();
    Ok(match balances(&context).take(&order.customer, &order.order_id, cents).await? {
        Taken::All => CardAnswer::Charged { order, cents },
        Taken::Nothing { left } => CardAnswer::Declined { order, available_cents: left },
    })
}
