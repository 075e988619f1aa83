//! The words of soorma: what an event is, which topics there are, and how one event descends from another.
//!
//! This crate owns the vocabulary that agents, brokers and macros share. It must not know how an event is
//! delivered, nor who handles it. Programs use it through the `soorma` crate.
//!
//! Without the default feature `model` only [`EventTopic`] and the [`grammar`] remain: the macro crate compiles
//! those for the host.

pub mod duration;
mod effects;
pub mod grammar;
#[cfg(feature = "suggest")]
pub mod suggest;
mod topic;

pub use effects::Effects;
pub use topic::{EventTopic, UnknownTopic};

#[cfg(feature = "model")]
mod address;
#[cfg(feature = "model")]
mod contract;
#[cfg(feature = "model")]
mod definition;
#[cfg(feature = "model")]
mod draft;
#[cfg(feature = "model")]
mod envelope;
#[cfg(feature = "model")]
mod guidance;
#[cfg(feature = "model")]
pub mod id;
#[cfg(feature = "model")]
mod json;
#[cfg(feature = "model")]
pub mod lineage;
#[cfg(feature = "model")]
mod order_key;
#[cfg(feature = "model")]
mod pattern;
#[cfg(feature = "model")]
mod read;
#[cfg(feature = "model")]
mod schema;
#[cfg(feature = "model")]
mod text;
#[cfg(feature = "model")]
mod timestamp;
#[cfg(feature = "model")]
mod wire;

#[cfg(feature = "model")]
pub use self::{
    address::{Address, AddressError},
    contract::{Contract, DeclaredFact, EventPayload, Fact, Payload, Place, Request},
    definition::{EventDefinition, ResponseDefinition, SchemaDefinition},
    draft::EventDraft,
    envelope::EventEnvelope,
    guidance::Guidance,
    order_key::OrderKey,
    pattern::{EventPattern, PatternError},
    schema::HasSchema,
    timestamp::{Timestamp, TimestampError},
};
