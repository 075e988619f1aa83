//! What a handler does, given by the case as a closure: so that the handlers of the suite are few, and a case shows
//! in one place what happens.

use std::{sync::Arc, time::Instant};

use anyhow::Context as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soorma::{BoxFuture, Bus, EventEnvelope, EventPayload, FromDelivery, Incoming, NoPayload};

use crate::journal::{Entry, Journal};

/// What most cases publish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "conformance.happened", key = key)]
pub(crate) struct Happened {
    pub(crate) number: u32,
    pub(crate) key: String,
}

impl Happened {
    /// With a key of its own.
    pub(crate) fn number(number: u32) -> Self {
        Self { number, key: number.to_string() }
    }

    pub(crate) fn keyed(number: u32, key: impl Into<String>) -> Self {
        Self { number, key: key.into() }
    }
}

/// What handlers make of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "conformance.noted")]
pub(crate) struct Noted {
    pub(crate) number: u32,
    pub(crate) note: String,
}

/// A request to double a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "conformance.double", response = Doubled)]
pub(crate) struct Double {
    pub(crate) number: u32,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "conformance.doubled")]
pub(crate) struct Doubled {
    pub(crate) number: u32,
}

/// What the handlers of one process do.
pub(crate) struct Script {
    /// The process, for the journal.
    who: String,
    journal: Journal,
    play: Play,
}

type Play = Arc<dyn Fn(Call) -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

impl Script {
    /// Writes every run down, then does this.
    pub(crate) fn new<F>(
        who: impl Into<String>,
        journal: &Journal,
        play: impl Fn(Call) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        Self { who: who.into(), journal: journal.clone(), play: Arc::new(move |call| Box::pin(play(call))) }
    }

    /// Writes every run down, and that is all.
    pub(crate) fn note(who: impl Into<String>, journal: &Journal) -> Self {
        Self::new(who, journal, |_| async { Ok(()) })
    }
}

/// One call of a handler, with everything that a script may want.
pub(crate) struct Call {
    pub(crate) event: Arc<EventEnvelope>,
    pub(crate) attempt: u32,
    pub(crate) bus: Bus,
    script: Arc<Script>,
}

impl Call {
    /// The number in the data; 0 where there is none.
    pub(crate) fn number(&self) -> u32 {
        #[derive(Deserialize)]
        struct Number {
            number: u32,
        }
        self.event.data_as::<Number>().map_or(0, |data| data.number)
    }

    /// Writes it down under the name of the process.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let who = self.script.who.clone();
        self.run_as(who).await
    }

    /// Writes it down under this name, and does what the script says.
    pub(crate) async fn run_as(self, who: impl Into<String>) -> anyhow::Result<()> {
        let script = self.script.clone();
        script.journal.add(Entry {
            who: who.into(),
            number: self.number(),
            key: self.event.partition_key.clone().unwrap_or_default(),
            attempt: self.attempt,
            at: Instant::now(),
        });
        (script.play)(self).await
    }

    pub(crate) fn who(&self) -> &str {
        &self.script.who
    }
}

impl FromDelivery for Call {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self {
            event: incoming.event()?.clone(),
            attempt: incoming.attempt(),
            bus: incoming.bus(),
            script: incoming.state().context("no script")?,
        })
    }
}
