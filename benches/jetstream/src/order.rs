//! What is sent: an order of about one kilobyte of JSON. One set of types for all variants in Rust.

use ruststream::Outgoing;
use soorma::prelude::*;

/// One line of an order.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Line {
    sku: String,
    quantity: u32,
    price_cents: u64,
}

macro_rules! orders {
    ($($(#[$attribute:meta])* $name:ident,)*) => {$(
        #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload, Outgoing)]
        $(#[$attribute])*
        pub(crate) struct $name {
            pub(crate) order_id: String,
            pub(crate) customer: String,
            pub(crate) note: String,
            pub(crate) lines: Vec<Line>,
        }
    )*};
}

orders! {
    /// An order was placed.
    #[event(topic = BusinessFacts, event_type = "order.placed")]
    Placed,
    /// An order was checked.
    #[event(topic = BusinessFacts, event_type = "order.checked")]
    Checked,
    /// An order was shipped.
    #[event(topic = BusinessFacts, event_type = "order.shipped")]
    Shipped,
    /// Check an order.
    #[event(topic = ActionRequests, event_type = "order.check", response = Answer)]
    Question,
    /// What came of it.
    #[event(topic = ActionResults, event_type = "order.check.done")]
    Answer,
}

/// Which order it is.
pub(crate) fn number(order_id: &str) -> usize {
    order_id.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(usize::MAX)
}

/// What an agent makes of an order.
macro_rules! becomes {
    ($($from:ident => $to:ident,)*) => {$(
        impl From<$from> for $to {
            fn from($from { order_id, customer, note, lines }: $from) -> Self {
                Self { order_id, customer, note, lines }
            }
        }
    )*};
}

becomes! {
    Placed => Checked,
    Placed => Question,
    Checked => Shipped,
    Question => Answer,
}

impl Placed {
    pub(crate) fn new(number: usize) -> Self {
        let line =
            |n: u32| Line { sku: format!("SKU-{n:05}"), quantity: n + 1, price_cents: 1_000 + u64::from(n) };
        Self {
            order_id: format!("0190-7c1e-order-{number:06}"),
            customer: "customer-4711".into(),
            note: "x".repeat(230),
            lines: (0..12).map(line).collect(),
        }
    }
}
