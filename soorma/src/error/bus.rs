//! An event was not published.

use soorma_common::grammar::GrammarError;

use crate::broker::PublishError;

/// An event was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BusError {
    /// The payload cannot be written as JSON.
    #[error("the payload of `{event_type}` cannot be written as JSON")]
    Encode {
        /// The event type.
        event_type: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The event type is outside the grammar.
    #[error("invalid event type `{event_type}`")]
    EventType {
        /// What was given.
        event_type: String,
        /// What is wrong with it.
        #[source]
        source: GrammarError,
    },
    /// An event is assigned to an agent whose name is none.
    #[error("no agent can have the name `{agent}`")]
    Agent {
        /// What was given.
        agent: String,
        /// What is wrong with it.
        #[source]
        source: GrammarError,
    },
    /// The request does not name the event that it wants back.
    #[error("`{event_type}` names no response event: add `.response_event(\"..\")`")]
    NoResponse {
        /// The event type of the request.
        event_type: String,
    },
    /// A workflow may not go on for ever.
    #[error(
        "`{event_type}` would be event {depth} of its chain, and {limit} are the most: do agents feed themselves?"
    )]
    TooDeep {
        /// The event type.
        event_type: String,
        /// How deep it would be.
        depth: u32,
        /// How deep it may be.
        limit: u32,
    },
    /// The broker did not store it.
    #[error("`{event_type}` was not published")]
    Publish {
        /// The event type.
        event_type: String,
        /// Why.
        #[source]
        source: PublishError,
    },
}
