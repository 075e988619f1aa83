//! What a payload type promises: its topic, its event type, its response. Owns the traits that the derive
//! implements; knows nothing of handlers.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{EventDefinition, EventTopic, Guidance};

/// What a payload type promises, readable at compile time.
#[derive(Clone, Copy)]
pub struct Contract {
    /// The topic that the event travels on.
    pub topic: EventTopic,
    /// The event type, in the grammar of [`crate::grammar::check_event_type`].
    pub event_type: &'static str,
    /// The name of the Rust type.
    pub type_name: &'static str,
    /// Where the type stands, for messages.
    pub place: Place,
    /// The doc comment of the type.
    pub description: &'static str,
    /// The response that a request asks for.
    pub response: Option<&'static Contract>,
    /// Whether [`EventPayload::partition_key`] gives a key: without one a handler cannot be `ordered`.
    pub keyed: bool,
    /// The catalogue entry; behind a function, because a schema cannot be built at compile time.
    pub definition: fn() -> EventDefinition,
}

/// Where a payload type stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The module.
    pub module: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line of the type's name.
    pub line: u32,
}

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} on {})", self.type_name, self.event_type, self.topic)
    }
}

/// A type that travels as the data of an event. Implemented by `#[derive(EventPayload)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event payload",
    label = "`{Self}` lacks `#[derive(EventPayload)]`",
    note = "add `#[derive(EventPayload)]` and `#[event(topic = .., event_type = \"..\")]` to `{Self}`"
)]
pub trait EventPayload: Serialize + for<'de> Deserialize<'de> + Send + Sync + 'static {
    /// Topic, event type and response.
    const CONTRACT: Contract;

    /// The key by which events of this type are kept in order: `#[event(key = field)]`.
    fn partition_key(&self) -> Option<String> {
        None
    }

    /// Samples for the catalogue: `#[event(example = ..)]`.
    fn examples() -> Vec<Self> {
        Vec::new()
    }

    /// What the catalogue says beside the contract.
    fn guidance() -> Guidance {
        Guidance::NONE
    }
}

/// An action request that names its response: `#[event(.., response = InventoryReserved)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which event answers it",
    label = "not a request with a declared response",
    note = "write `#[event(topic = ActionRequests, event_type = \"..\", response = TheAnswer)]` on `{Self}`"
)]
pub trait Request: EventPayload {
    /// The payload of the answer.
    type Response: EventPayload;
}

/// A payload that is declared on `BusinessFacts`: what `Bus::announce` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no fact",
    label = "not declared on `BusinessFacts`",
    note = "`announce` takes a payload with `#[event(topic = BusinessFacts, ..)]`; `publish` takes every payload"
)]
pub trait Fact: EventPayload {}

#[diagnostic::do_not_recommend]
impl<T: EventPayload + DeclaredFact> Fact for T {}

/// What the derive says of a fact. Apart from [`Fact`], because an implementation of that would have rustc look once
/// more for the traits that a payload needs, and report them twice.
#[doc(hidden)]
pub trait DeclaredFact {}

/// What an event can be read as: a declared payload, or any JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event payload",
    label = "`{Self}` lacks `#[derive(EventPayload)]`",
    note = "add `#[derive(EventPayload)]` and `#[event(topic = .., event_type = \"..\")]` to `{Self}`",
    note = "for an event of any shape, write `serde_json::Value`"
)]
pub trait Payload: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What the type promises; `None` for JSON of any shape.
    const CONTRACT: Option<Contract>;
}

#[diagnostic::do_not_recommend]
impl<T: EventPayload> Payload for T {
    const CONTRACT: Option<Contract> = Some(T::CONTRACT);
}

// Named by the note above, in fewer words than the compiler's.
#[diagnostic::do_not_recommend]
impl Payload for Value {
    const CONTRACT: Option<Contract> = None;
}
