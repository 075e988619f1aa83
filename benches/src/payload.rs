//! What is sent: the same types for all.

use soorma::prelude::*;

/// An order: about one kilobyte of JSON, or a tenth of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) customer: String,
    pub(crate) note: String,
    pub(crate) lines: Vec<Line>,
}

/// One line of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Line {
    sku: String,
    quantity: u32,
    price_cents: u64,
}

impl Order {
    pub(crate) fn large() -> Self {
        let line =
            |n: u32| Line { sku: format!("SKU-{n:05}"), quantity: n + 1, price_cents: 1_000 + u64::from(n) };
        Self { note: "x".repeat(230), lines: (0..12).map(line).collect(), ..Self::small() }
    }

    pub(crate) fn small() -> Self {
        Self {
            order_id: "0190-7c1e-order-000042".into(),
            customer: "customer-4711".into(),
            note: "x".repeat(20),
            lines: Vec::new(),
        }
    }
}

/// Two numbers, which need no memory when they are read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "item.taken")]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) quantity: u32,
}

impl Item {
    pub(crate) const ONE: Self = Self { id: 42, quantity: 3 };

    /// A kilobyte of JSON of which the type takes those two numbers, and skips the rest: what `ruststream` publishes as "a 1 KB body".
    pub(crate) fn padded() -> String {
        use std::fmt::Write;
        let mut json = String::from(r#"{"id":42,"quantity":3"#);
        let mut field = 0;
        while json.len() + 2 < 1_024 {
            // To a `String`, which takes everything.
            let _ = write!(json, r#","f{field}":"{field:016}""#);
            field += 1;
        }
        json + "}"
    }
}

/// An item whose events are handled in order.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "item.moved", key = shelf)]
pub(crate) struct Moved {
    pub(crate) shelf: String,
    pub(crate) quantity: u32,
}

/// The shelves, one after the other.
pub(crate) fn shelves() -> Vec<Moved> {
    (0..16).map(|n| Moved { shelf: format!("shelf-{n:02}"), quantity: 3 }).collect()
}

/// What a handler returns.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.confirmed")]
#[cfg_attr(feature = "peers", derive(ruststream::Outgoing), outgoing(name = "order.confirmed"))]
pub(crate) struct Confirmed {
    pub(crate) id: u64,
}

/// A question.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "price.ask", response = Price)]
pub(crate) struct AskPrice {
    pub(crate) id: u64,
    pub(crate) quantity: u32,
}

/// Its answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "price.told")]
#[cfg_attr(feature = "peers", derive(ruststream::Outgoing))]
pub(crate) struct Price {
    pub(crate) cents: u64,
}
