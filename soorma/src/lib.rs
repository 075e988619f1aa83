//! Agents that talk only by events: contracts checked by the compiler, delivery that is durable.
//!
//! Start with the attributes [`on_event`], [`on_task`], [`on_result`] and [`main`](macro@main), the derive
//! [`EventPayload`](derive@EventPayload), and [`testing::TestApp`]. What is checked when is in [`mistakes`]; who comes
//! from the Python SDK finds its calls in [`from_python`]. To write a broker, see [`broker`].

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;
mod app;
mod at_once;
pub mod broker;
mod bus;
mod client;
mod clock;
pub mod connect;
mod context;
mod describe;
mod error;
mod extract;
#[doc = include_str!("from_python.md")]
pub mod from_python {}
mod future;
mod guard;
mod handler;
mod held;
pub mod lifecycle;
mod macros;
mod memory;
#[cfg(feature = "nats")]
mod nats;
mod outputs;
mod phase;
#[doc = include_str!("mistakes.md")]
pub mod mistakes {}
#[cfg(feature = "toolkit")]
pub mod planner;
pub mod prelude;
mod race;
pub mod registry;
mod run;
pub mod schema;
mod services;
mod settings;
mod sorted;
#[cfg(feature = "sqlite")]
mod sqlite;
pub mod store;
mod task;
pub mod testing;
#[cfg(feature = "toolkit")]
pub mod toolkit;

pub use soorma_common::{
    Address, AddressError, Contract, Effects, EventDefinition, EventDraft, EventEnvelope, EventPattern,
    EventPayload, EventTopic, Fact, Guidance, HasSchema, OrderKey, PatternError, Payload, Place, Request,
    ResponseDefinition, SchemaDefinition, Timestamp, TimestampError, UnknownTopic, grammar, lineage,
};

#[cfg(feature = "toolkit")]
pub use self::toolkit::EventToolkit;
pub use self::{
    app::{App, AppBuilder, Provisioned, Running, Shutdown},
    bus::{Ask, Bus, Draft, Identity, RequestCall},
    client::Client,
    clock::{Clock, Sleep},
    context::Context,
    describe::{DescribedAgent, DescribedHandler, DescribedHook, Description, Published},
    error::{AskError, BusError, ConnectError, DecodeError, MissingEvent, Reject, StartError, TaskFailed},
    extract::{Carried, Event, FromDelivery, NoPayload, State, Task, TaskResult},
    future::BoxFuture,
    handler::{Handlers, Incoming, Missing, Role, Roles, Startup, TableError},
    macros::*,
    memory::Memory,
    outputs::{Failure, IntoOutputs, Outputs, Produces},
    registry::{Catalogue, Registry},
    task::{Deferred, Delegation, OpenTask, TaskError},
};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
