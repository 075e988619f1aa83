//! What is asked and answered, and the agents that do it: events of one kilobyte each way.

use anyhow::ensure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soorma::prelude::{EventPayload, Task, on_task};

/// About one kilobyte of JSON, as in the benches of the in-process path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Order {
    order_id: String,
    customer: String,
    note: String,
    lines: Vec<Line>,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Line {
    sku: String,
    quantity: u32,
    price_cents: u64,
}

impl Order {
    pub(super) fn new() -> Self {
        let line =
            |n: u32| Line { sku: format!("SKU-{n:05}"), quantity: n + 1, price_cents: 1_000 + u64::from(n) };
        Self {
            order_id: "0190-7c1e-order-000042".into(),
            customer: "customer-4711".into(),
            note: "x".repeat(230),
            lines: (0..12).map(line).collect(),
        }
    }

    /// What came is what was sent.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.customer == "customer-4711" && self.lines.len() == 12, "not the order that was sent");
        Ok(())
    }
}

/// A question.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "question.asked", response = Answer)]
pub(super) struct Question {
    pub(super) order: Order,
}

/// The answer to it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "question.answered")]
pub(super) struct Answer {
    pub(super) order: Order,
}

/// A task of so many steps, and delegations after them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "work.requested", response = Worked)]
pub(super) struct Work {
    pub(super) order: Order,
    pub(super) steps: u32,
    pub(super) delegations: u32,
}

/// It is done.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "work.done")]
pub(super) struct Worked {
    pub(super) order: Order,
}

#[on_task(agent = "clerk")]
pub(super) async fn answer(question: Task<Question>) -> anyhow::Result<Answer> {
    question.order.check()?;
    Ok(Answer { order: question.into_payload().order })
}

#[on_task(agent = "worker")]
pub(super) async fn work(task: Task<Work>) -> anyhow::Result<Worked> {
    for number in 0..task.steps {
        let given: u32 = task.step("number", |_key| async move { anyhow::Ok(number) }).await?;
        ensure!(given == number, "not what the step gave");
    }
    for _ in 0..task.delegations {
        task.delegate(Question { order: task.order.clone() }).await?.order.check()?;
    }
    Ok(Worked { order: task.into_payload().order })
}
