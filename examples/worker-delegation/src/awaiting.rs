//! The worker `orders` in the first form: it awaits what it delegates, and reads from top to bottom.

use soorma::prelude::*;

use crate::{
    inventory::{ReleaseStock, ReserveStock, StockAnswer},
    ledger::Ledger,
    order::{OrderProcessed, ProcessOrder, Refusal},
    payments::{CardAnswer, ChargeCard, RefundCard},
};

#[on_task(agent = "orders")]
pub(crate) async fn process(
    task: Task<ProcessOrder>,
    courier: State<Ledger>,
) -> anyhow::Result<OrderProcessed> {
    let order = &task.order;
    // Logged each time the task goes on: it runs from the top, and what is recorded is given at once.
    tracing::info!("{}: from the top", order.order_id);
    let (stock, card) = tokio::try_join!(
        task.delegate(ReserveStock { order: order.clone() }),
        task.delegate(ChargeCard { order: order.clone() }),
    )?;
    match (stock, card) {
        (StockAnswer::Reserved, CardAnswer::Charged { receipt }) => {
            // The courier is outside: killed before it is recorded, this runs again, under the same key.
            let parcel = task.step("call courier", |key| async move { courier.call(&key, order) }).await?;
            Ok(OrderProcessed::Sent { receipt, parcel })
        }
        (StockAnswer::Reserved, CardAnswer::Declined) => {
            task.delegate(ReleaseStock { order: order.clone() }).await?;
            Ok(OrderProcessed::Refused { reason: Refusal::CardDeclined })
        }
        (StockAnswer::OutOfStock, CardAnswer::Charged { .. }) => {
            task.delegate(RefundCard { order: order.clone() }).await?;
            Ok(OrderProcessed::Refused { reason: Refusal::OutOfStock })
        }
        (StockAnswer::OutOfStock, CardAnswer::Declined) => {
            Ok(OrderProcessed::Refused { reason: Refusal::OutOfStock })
        }
    }
}
