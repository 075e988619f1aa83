//! The worker `orders` in the second form: a handler for each answer, and between them a state in the store. No function waits; what
//! follows what has to be put together from the handlers.

use soorma::{Deferred, OpenTask, prelude::*};

use crate::{
    inventory::{ReleaseStock, ReserveStock, StockAnswer, StockReleased},
    ledger::Ledger,
    order::{OrderProcessed, ProcessOrder, Refusal},
    payments::{CardAnswer, CardRefunded, ChargeCard, RefundCard},
};

/// What has been heard of an order.
#[derive(Default, Serialize, Deserialize)]
struct Heard {
    stock: Option<StockAnswer>,
    card: Option<CardAnswer>,
    /// The request whose answer came last.
    last: String,
}

#[on_task(agent = "orders")]
pub(crate) async fn process(task: Task<ProcessOrder>) -> anyhow::Result<Deferred<OrderProcessed>> {
    let order = &task.order;
    tracing::info!("{}: asks for stock and payment", order.order_id);
    let deferred = task.defer(&Heard::default()).await?;
    deferred.request(ReserveStock { order: order.clone() }).await?;
    deferred.request(ChargeCard { order: order.clone() }).await?;
    Ok(deferred)
}

#[on_result(agent = "orders")]
pub(crate) async fn stock_answered(
    result: TaskResult<StockAnswer>,
    courier: State<Ledger>,
) -> anyhow::Result<()> {
    hear(&result, &courier, |heard, answer| heard.stock = Some(answer.clone())).await
}

#[on_result(agent = "orders")]
pub(crate) async fn card_answered(
    result: TaskResult<CardAnswer>,
    courier: State<Ledger>,
) -> anyhow::Result<()> {
    hear(&result, &courier, |heard, answer| heard.card = Some(answer.clone())).await
}

#[on_result(agent = "orders")]
pub(crate) async fn stock_released(result: TaskResult<StockReleased>) -> anyhow::Result<()> {
    let Some((task, _)) = open(&result).await? else { return Ok(()) };
    refuse(&task, Refusal::CardDeclined).await
}

#[on_result(agent = "orders")]
pub(crate) async fn card_refunded(result: TaskResult<CardRefunded>) -> anyhow::Result<()> {
    let Some((task, _)) = open(&result).await? else { return Ok(()) };
    refuse(&task, Refusal::OutOfStock).await
}

/// The order that an answer belongs to; nothing where that is answered, as it is now if the answer is a failure.
async fn open<A: Sync>(result: &TaskResult<A>) -> anyhow::Result<Option<(OpenTask<ProcessOrder>, &A)>> {
    let Some(task) = result.task::<ProcessOrder>().await? else { return Ok(None) };
    tracing::info!("{}: {}", task.order.order_id, result.envelope().event_type);
    match result.as_result() {
        Ok(answer) => Ok(Some((task, answer))),
        Err(failed) => {
            task.fail(failed.to_string()).await?;
            Ok(None)
        }
    }
}

async fn hear<A: Sync>(
    result: &TaskResult<A>,
    courier: &Ledger,
    note: impl Fn(&mut Heard, &A),
) -> anyhow::Result<()> {
    let Some((task, answer)) = open(result).await? else { return Ok(()) };
    let heard = task.update(|heard: &mut Heard| {
        note(heard, answer);
        heard.last = result.request_id().to_owned();
    });
    let heard = heard.await?;
    // The first answer may come again after the second one, when both are known: it must not decide as well.
    if heard.last != result.request_id() {
        return Ok(());
    }
    let (Some(stock), Some(card)) = (heard.stock, heard.card) else { return Ok(()) };
    decide(&task, stock, card, courier).await
}

async fn decide(
    task: &OpenTask<ProcessOrder>,
    stock: StockAnswer,
    card: CardAnswer,
    courier: &Ledger,
) -> anyhow::Result<()> {
    let order = &task.order;
    match (stock, card) {
        (StockAnswer::Reserved, CardAnswer::Charged { receipt }) => {
            // There are no steps here: the key is the order's own.
            let parcel = courier.call(&task.envelope().id, order)?;
            task.complete(OrderProcessed::Sent { receipt, parcel }).await?;
        }
        (StockAnswer::Reserved, CardAnswer::Declined) => {
            task.request(ReleaseStock { order: order.clone() }).await?;
        }
        (StockAnswer::OutOfStock, CardAnswer::Charged { .. }) => {
            task.request(RefundCard { order: order.clone() }).await?;
        }
        (StockAnswer::OutOfStock, CardAnswer::Declined) => refuse(task, Refusal::OutOfStock).await?,
    }
    Ok(())
}

async fn refuse(task: &OpenTask<ProcessOrder>, reason: Refusal) -> anyhow::Result<()> {
    task.complete(OrderProcessed::Refused { reason }).await?;
    Ok(())
}
