//! What the shop asks for, and what it is told: the same for both forms of the worker.

use soorma::prelude::*;

/// So many pieces of one article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) article: String,
    pub(crate) pieces: u32,
    pub(crate) cents: u32,
}

/// Have an order packed, paid for and sent.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "order.process", response = OrderProcessed)]
pub(crate) struct ProcessOrder {
    pub(crate) order: Order,
}

/// What became of an order. A refusal is an answer like any other, and no error.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "order.processed")]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(crate) enum OrderProcessed {
    /// Paid for, and with the courier.
    Sent { receipt: u64, parcel: u64 },
    /// Nothing is set aside for it, and nobody has paid.
    Refused { reason: Refusal },
}

/// Why an order was refused.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Refusal {
    OutOfStock,
    CardDeclined,
}
