//! Two apps in one process, on one broker, each with handlers of its own.

use soorma::{handlers, prelude::*, Handlers};

use crate::contracts::{CustomerTold, OrderPlaced, Reservation, ReserveInventory};

/// The handlers of the first app.
pub mod orders {
    use super::{
        on_event, on_result, CustomerTold, Event, OrderPlaced, Reservation, ReserveInventory, TaskResult,
    };

    /// Wants stock.
    #[on_event]
    pub async fn place(order: Event<OrderPlaced>) -> ReserveInventory {
        ReserveInventory::new(order.into_payload().order_id)
    }

    /// Tells whether there is stock.
    #[on_result]
    pub async fn place_on(result: TaskResult<Reservation>) -> CustomerTold {
        CustomerTold(result.into_result().map_or("failed", |_| "reserved").to_owned(), 0)
    }
}

/// Sets stock aside.
#[on_task]
pub async fn stock(task: Task<ReserveInventory>, left: State<u32>) -> Reservation {
    if task.order_id.is_empty() {
        Reservation::OutOfStock
    } else {
        Reservation::Reserved { left: *left }
    }
}

/// The handlers of each app.
#[must_use]
pub fn apps() -> [Handlers; 2] {
    [handlers![orders::place, orders::place_on], handlers![stock,]]
}

#[cfg(test)]
mod tests {
    use soorma::testing::TestBed;

    use super::*;

    #[tokio::test]
    async fn two_apps_answer_each_other() {
        let [orders, stock] = apps();
        let bed = TestBed::new();
        let stock = bed.start(App::builder("stock").handlers(stock).state(4_u32)).await.unwrap();
        let orders = bed.start(App::builder("orders").handlers(orders)).await.unwrap();
        let _published = orders.publish(OrderPlaced::new("o-1".into(), 1)).await.unwrap();
        bed.settle().await.unwrap();
        assert_eq!(orders.published::<CustomerTold>(), [CustomerTold("reserved".into(), 0)]);
        assert_eq!(stock.published::<Reservation>(), [Reservation::Reserved { left: 4 }]);
    }

    #[tokio::test]
    async fn an_app_without_handlers_does_not_start() {
        let error = TestBed::new().start(App::builder("none").handlers(handlers![])).await.unwrap_err();
        assert!(error.to_string().starts_with("no handlers"), "{}", error);
    }
}
