//! What the tests of decisions share: events of a help desk, and a model that does what a test says.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use soorma::{
    BoxFuture, EventDefinition,
    planner::{Model, ModelError, Prompt},
    prelude::*,
};

/// A customer wrote to us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "ticket.opened")]
pub struct TicketOpened {
    /// Which one.
    pub number: u32,
    /// What they wrote.
    pub text: String,
}

/// Have somebody from billing look at a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(
    topic = ActionRequests,
    event_type = "ticket.to-billing",
    when_to_use = "The customer writes about money.",
    effects = Reversible,
)]
pub struct ToBilling {
    /// The number of the ticket.
    pub ticket: u32,
    /// What it is about, in one sentence.
    #[schemars(length(min = 1, max = 200))]
    pub summary: String,
    /// How soon.
    pub urgency: Urgency,
    /// What was bought.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// The customer's account, if they gave it.
    #[serde(default)]
    #[schemars(extend("x-sensitive" = true), length(max = 34))]
    pub iban: Option<String>,
}

/// How soon somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// Within a week.
    Low,
    /// Today.
    High,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// What.
    pub sku: String,
    /// How many.
    pub quantity: u8,
}

/// Have a technician look at a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "ticket.to-technician", response = Looked, effects = Reversible)]
pub struct ToTechnician {
    /// The number of the ticket.
    pub ticket: u32,
    /// Where the fault is.
    pub fault: Fault,
}

/// Where a fault is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "part", rename_all = "lowercase")]
pub enum Fault {
    /// The line to the house.
    Line {
        /// How long, in metres.
        metres: u16,
    },
    /// A device.
    Device {
        /// Its name.
        name: String,
    },
}

/// A technician has looked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "ticket.looked-at")]
pub struct Looked {
    /// What they found.
    pub found: String,
}

/// The customer was told something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = NotificationEvents, event_type = "customer.told", effects = None)]
pub struct CustomerTold {
    /// What.
    pub text: String,
}

/// Delete a customer's account, for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "account.delete", effects = Destructive)]
pub struct DeleteAccount {
    /// Whose.
    pub customer: String,
}

/// What a router may offer: everything but to delete accounts.
#[must_use]
pub fn offered() -> [std::sync::Arc<EventDefinition>; 3] {
    [
        EventDefinition::of::<ToBilling>().into(),
        EventDefinition::of::<ToTechnician>().into(),
        EventDefinition::of::<CustomerTold>().into(),
    ]
}

/// What a [`Steps`] does when it is called.
pub enum Step {
    /// Answers.
    Answer(String),
    /// Is never done.
    Hang,
    /// Has not taken the prompt.
    NotTaken,
    /// Fails.
    Fail,
}

impl Step {
    /// Tells the customer something.
    #[must_use]
    pub fn tell(text: &str) -> Self {
        let answer = serde_json::json!({
            "event_type": "customer.told",
            "data": { "text": text },
            "reasoning": "They want to know.",
        });
        Self::Answer(answer.to_string())
    }

    /// Answers what is no JSON.
    #[must_use]
    pub fn nonsense() -> Self {
        Self::Answer("Let me think about it.".to_owned())
    }
}

/// A model that takes one step a call, and counts.
pub struct Steps {
    steps: Mutex<std::vec::IntoIter<Step>>,
    calls: AtomicUsize,
}

impl Steps {
    /// These steps, in their order; it fails from then on.
    #[must_use]
    pub fn new(steps: Vec<Step>) -> Self {
        Self { steps: Mutex::new(steps.into_iter()), calls: AtomicUsize::new(0) }
    }

    /// How often it was called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Model for Steps {
    fn name(&self) -> &str {
        "steps"
    }

    fn complete<'a>(&'a self, _prompt: &'a Prompt) -> BoxFuture<'a, Result<String, ModelError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            let step = self.steps.lock().unwrap_or_else(PoisonError::into_inner).next();
            match step {
                Some(Step::Answer(answer)) => Ok(answer),
                Some(Step::Hang) => std::future::pending().await,
                Some(Step::NotTaken) => Err(ModelError::not_taken("connection refused")),
                Some(Step::Fail) | None => Err(ModelError::failed("it gave no answer")),
            }
        })
    }
}
