//! The agent `billing`: pays back what an order cost, if it is the customer's own and was charged that much.

use soorma::prelude::*;

/// Pay back what was charged for an order.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(
    topic = ActionRequests,
    event_type = "refund.request",
    response = RefundAnswered,
    when_to_use = "The customer wants money back and names the order.",
    effects = Reversible,
    example = RefundRequest { order: "o-1000".into(), cents: 500, reason: RefundReason::Damaged },
)]
pub(crate) struct RefundRequest {
    /// The number of the order, as in `o-1000`.
    pub(crate) order: String,
    /// How much, in cents.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) cents: u32,
    /// Why.
    pub(crate) reason: RefundReason,
}

/// Why money is paid back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RefundReason {
    /// Charged more than once.
    DuplicateCharge,
    /// It came broken.
    Damaged,
    /// It never came.
    NotDelivered,
}

/// Whether money was paid back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "refund.answered")]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum RefundAnswered {
    Refunded { cents: u32 },
    Declined { because: String },
}

/// Whose order it is, and what was charged for it.
const CHARGED: [(&str, &str, u32); 3] =
    [("o-1001", "c-7", 3780), ("o-1002", "c-9", 4200), ("o-1003", "c-12", 999)];

/// Whoever is logged in stands in the envelope, where no model writes; the data is only what a model has read in a ticket.
#[on_task(agent = "billing")]
pub(crate) async fn refund(task: Task<RefundRequest>) -> RefundAnswered {
    let declined = |because: String| RefundAnswered::Declined { because };
    let customer = task.envelope().user_id.as_deref();
    match CHARGED.iter().find(|(order, owner, _)| *order == task.order && Some(*owner) == customer) {
        None => declined(format!("{} is no order of this customer", task.order)),
        Some((.., charged)) if task.cents > *charged => {
            declined(format!("only {charged} cents were charged"))
        }
        Some(_) => RefundAnswered::Refunded { cents: task.cents },
    }
}
