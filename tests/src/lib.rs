//! What the behaviour tests share: payloads, an extractor, and brokers that misbehave on purpose.

pub mod brokers;
pub mod fuse;
pub mod rustc;
pub mod stores;

use std::sync::{Mutex, PoisonError};

use soorma::{FromDelivery, Incoming, NoPayload, prelude::*};

/// A fact with a number and a note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "thing.happened", key = key)]
pub struct Happened {
    /// Which one.
    pub number: u32,
    /// The order key.
    pub key: String,
}

impl Happened {
    /// A fact with this number, and a key of its own.
    #[must_use]
    pub fn number(number: u32) -> Self {
        Self { number, key: number.to_string() }
    }
}

/// What a handler makes of [`Happened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "thing.noted")]
pub struct Noted {
    /// Which one.
    pub number: u32,
    /// What is noted.
    pub note: String,
}

/// A request to add.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "sum.requested", response = Sum)]
pub struct Add {
    /// One summand.
    pub a: i64,
    /// The other.
    pub b: i64,
}

/// The answer to [`Add`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "sum.done")]
pub struct Sum {
    /// The sum.
    pub sum: i64,
}

/// Which attempt this is.
pub struct Attempt(pub u32);

impl FromDelivery for Attempt {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self(incoming.attempt()))
    }
}

/// What handlers write down, for the test to read.
#[derive(Debug)]
pub struct Log<T>(Mutex<Vec<T>>);

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T: Clone> Log<T> {
    /// Adds an entry.
    pub fn add(&self, entry: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// All entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
