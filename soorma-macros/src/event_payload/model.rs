//! What was read of a payload type.

use syn::{Expr, Ident, Member, Type};

use crate::{
    attribute::{EventType, Topic},
    names::Names,
};

/// A payload type.
pub(super) struct Payload {
    /// Where `soorma` is.
    pub(super) names: Names,
    /// The type; it has no generic parameters.
    pub(super) name: Ident,
    /// `topic = ..`.
    pub(super) topic: Topic,
    /// `event_type = ".."`, without wildcards.
    pub(super) event_type: EventType,
    /// `response = ..`; the topic is then `ActionRequests`.
    pub(super) response: Option<Type>,
    /// `key = ..`: a field that exists, with the span of what was written.
    pub(super) key: Option<Member>,
    /// `example = ..`.
    pub(super) example: Option<Expr>,
    /// The doc comment.
    pub(super) description: String,
}
