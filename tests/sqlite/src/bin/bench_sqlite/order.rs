//! What is sent: about one kilobyte of JSON.

use soorma::prelude::*;

/// An order was placed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
pub(crate) struct Placed {
    /// Nanoseconds since 1970.
    pub(crate) sent: u64,
    pub(crate) number: u64,
    pub(crate) customer: String,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Line {
    sku: String,
    quantity: u32,
    price_cents: u64,
}

impl Placed {
    pub(crate) fn new(number: u64) -> Self {
        let line =
            |n: u32| Line { sku: format!("SKU-{n:05}"), quantity: n + 1, price_cents: 1_000 + u64::from(n) };
        Self {
            sent: crate::meter::now(),
            number,
            customer: "customer-4711".into(),
            lines: (0..18).map(line).collect(),
        }
    }
}
