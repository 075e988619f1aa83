//! Other attributes on handlers, above and below soorma's.

use soorma::{on_event as hears, prelude::*};
use users_attributes::{accompanied, retold, wrapped};

use crate::contracts::{CustomerTold, OrderPlaced};

/// All of these are deprecated, or conditional, or allowed something.
#[deprecated(note = "hear `order.placed` elsewhere")]
#[on_event]
#[must_use]
#[cfg(not(any()))]
#[inline]
pub async fn old(order: Event<OrderPlaced>) -> CustomerTold {
    CustomerTold(order.into_payload().order_id, 0)
}

/// The attributes come first, or last.
#[cfg_attr(all(), on_event(name = "conditional"))]
#[cfg_attr(any(), on_event(name = "left out"))]
#[allow(clippy::allow_attributes, clippy::unused_async, reason = "to be copied")]
#[expect(unused_variables, reason = "for a reason")]
#[doc(alias = "other")]
#[cold]
pub async fn conditional(order: Event<OrderPlaced>) {}

#[cfg(any())]
#[on_event(topic = BusinessFacts, event_type = "never")]
async fn conditional() {}

/// What soorma allows, its author may expect all the same.
#[on_event(name = "expected")]
#[expect(clippy::unused_async, reason = "nothing to wait for")]
pub async fn expected(_: Event<OrderPlaced>) {}

/// Written down anew above.
#[retold]
#[on_event(name = "retold_above")]
pub async fn retold_above(order: Event<OrderPlaced>) -> CustomerTold {
    CustomerTold(order.into_payload().order_id, 1)
}

/// Written down anew below.
#[on_event(name = "retold_below")]
#[retold]
pub async fn retold_below(order: Event<OrderPlaced>) -> CustomerTold {
    CustomerTold(order.into_payload().order_id, 2)
}

/// Wrapped above.
///
/// # Errors
/// None.
#[wrapped]
#[on_event(name = "wrapped_above")]
pub async fn wrapped_above(order: Event<OrderPlaced>) -> anyhow::Result<CustomerTold> {
    let placed = order.into_payload();
    Ok(CustomerTold(placed.order_id, 3))
}

/// Wrapped below.
///
/// # Errors
/// None.
#[on_event(name = "wrapped_below")]
#[wrapped]
pub async fn wrapped_below(order: Event<OrderPlaced>) -> anyhow::Result<CustomerTold> {
    let placed = order.into_payload();
    Ok(CustomerTold(placed.order_id, 4))
}

/// Between two of ours.
#[on_event(name = "between")]
#[accompanied]
#[wrapped]
#[on_event(name = "between", agent = "other")]
pub async fn between(order: Event<OrderPlaced>) -> CustomerTold {
    CustomerTold(order.into_payload().order_id, 5)
}

/// By another name.
#[hears(name = "renamed")]
pub async fn renamed(order: Event<OrderPlaced>) -> CustomerTold {
    CustomerTold(order.into_payload().order_id, 6)
}

/// A payload by condition, beside other derives and attributes.
#[cfg_attr(all(), derive(Clone, Debug, Serialize, EventPayload))]
#[derive(JsonSchema)]
#[event(topic = BusinessFacts, event_type = "attribute.last")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[repr(C)]
#[must_use]
#[non_exhaustive]
pub struct Conditional {
    /// Left out.
    #[cfg(any())]
    pub never: Never,
    /// There.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<u8>,
}

#[cfg(test)]
mod tests {
    use soorma::{handlers, testing::TestApp};

    use super::*;

    #[tokio::test]
    async fn handlers_are_called_whatever_else_they_carry() {
        let list = handlers![
            old,
            conditional,
            retold_above,
            retold_below,
            wrapped_above,
            wrapped_below,
            between,
            renamed
        ];
        let app = TestApp::start(App::builder("orders").handlers(list)).await.unwrap();
        let _published = app.publish(OrderPlaced::new("o-1".into(), 1)).await.unwrap();
        app.settle().await.unwrap();
        let mut told: Vec<_> = app.published::<CustomerTold>().into_iter().map(|told| told.1).collect();
        told.sort_unstable();
        assert_eq!(told, [0, 1, 2, 3, 4, 5, 5, 6]);
        assert_eq!(Conditional::CONTRACT.event_type, "attribute.last");
    }
}
