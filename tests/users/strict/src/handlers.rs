//! Every attribute, with everything that it takes: [`want`], [`reserve`] and [`audit`](fn@audit).

use std::sync::{Arc, Mutex, PoisonError};

use soorma::prelude::*;

use crate::contracts::{CustomerTold, DayEnded, OrderPlaced, Reservation, ReserveInventory};

/// Wants stock for an order.
///
/// # Errors
/// None.
#[on_event(
    topic = BusinessFacts,
    event_type = "order.placed",
    agent = "orders",
    retry(max = 3, backoff = "1s..1m"),
    timeout = "30s",
    concurrency = 8,
    ordered,
    from = "start",
    name = "want",
    was = "wanted",
    produces(CustomerTold)
)]
pub async fn want(order: Event<OrderPlaced>, bus: Bus) -> anyhow::Result<ReserveInventory> {
    let _published = bus.publish(CustomerTold(order.order_id.clone(), 0)).await?;
    Ok(ReserveInventory::new(order.into_payload().order_id))
}

/// Sets stock aside.
#[on_task(topic = ActionRequests, event_type = "inventory.reserve", agent = "inventory")]
pub async fn reserve(task: Task<ReserveInventory>) -> Reservation {
    match task.order_id.len() {
        0 => Reservation::OutOfStock,
        _ => Reservation::Reserved { left: 7 },
    }
}

/// Hears what became of it.
///
/// # Errors
/// Where there is no answer.
#[on_result(agent = "orders")]
pub async fn reserved(result: TaskResult<Reservation>) -> anyhow::Result<Option<CustomerTold>> {
    Ok(match result.into_result()? {
        Reservation::Reserved { left } => Some(CustomerTold(format!("{left} left"), 1)),
        Reservation::OutOfStock => None,
    })
}

/// Hears everything, for two agents.
#[on_event(topic = BusinessFacts, event_type = ">", agent = "audit", broadcast)]
#[on_event(topic = NotificationEvents, event_type = "customer.*", agent = "audit")]
#[on_event(topic = NotificationEvents, event_type = "customer.told", agent = "analytics")]
pub async fn audit(event: EventEnvelope, heard: State<Heard>, _: Context, _memory: Memory) {
    heard.add(event.event_type.into_owned());
}

/// Starts the day.
#[on_startup(agent = "audit")]
pub async fn open(heard: State<Heard>) {
    heard.add("open".to_owned());
}

/// Ends the day.
#[on_shutdown(agent = "audit")]
pub async fn close(heard: State<Heard>) -> (DayEnded,) {
    heard.add("close".to_owned());
    (DayEnded,)
}

/// What was heard.
#[derive(Clone, Debug, Default)]
pub struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    /// Adds a line.
    fn add(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// All of it, sorted.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort();
        all
    }
}

#[cfg(test)]
mod tests {
    use soorma::{handlers, testing::TestApp};

    use super::*;

    #[tokio::test]
    async fn every_attribute_is_heard() {
        let heard = Heard::default();
        let list = handlers![want, reserve, reserved, audit, open, close];
        let app = App::builder("orders").handlers(list).state(heard.clone());
        let app = TestApp::start(app).await.unwrap();
        let _published = app.publish(OrderPlaced::new("o-1".into(), 7)).await.unwrap();
        app.settle().await.unwrap();
        assert_eq!(app.published::<ReserveInventory>(), [ReserveInventory::new("o-1".into())]);
        assert_eq!(
            app.published::<CustomerTold>(),
            [CustomerTold("o-1".into(), 0), CustomerTold("7 left".into(), 1)]
        );
        assert_eq!(app.shutdown().await.abandoned, 0);
        let told = "customer.told";
        assert_eq!(heard.all(), ["close", told, told, told, told, "open", "order.placed"]);
    }

    #[tokio::test]
    async fn handlers_are_called_by_tests() {
        let answer = reserve(Task::new(ReserveInventory::new(String::new()))).await;
        assert_eq!(reserved(TaskResult::new(Ok(answer))).await.unwrap(), None);
        let heard = Heard::default();
        open(State::new(heard.clone())).await;
        assert_eq!(close(State::new(heard.clone())).await, (DayEnded,));
        assert_eq!(heard.all(), ["close", "open"]);
    }
}
