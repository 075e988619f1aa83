//! What was read of a payload type.

use soorma_common::Effects;
use syn::{Expr, Ident, LitStr, Member, Type};

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
    /// `example = ..`, each.
    pub(super) examples: Vec<Expr>,
    /// What a catalogue says beside the contract.
    pub(super) guidance: Guidance,
    /// The doc comment.
    pub(super) description: String,
}

/// What a catalogue says beside the contract; nothing of it need be written.
#[derive(Default)]
pub(super) struct Guidance {
    /// `version = 2`.
    pub(super) version: Option<u32>,
    /// `when_to_use = ".."`.
    pub(super) when_to_use: Option<LitStr>,
    /// `not_when = ".."`.
    pub(super) not_when: Option<LitStr>,
    /// `tags = [".."]`.
    pub(super) tags: Vec<LitStr>,
    /// `effects = Reversible`.
    pub(super) effects: Option<Effects>,
}

impl Guidance {
    /// Whether nothing is written.
    pub(super) fn is_silent(&self) -> bool {
        let Self { version, when_to_use, not_when, tags, effects } = self;
        version.is_none()
            && when_to_use.is_none()
            && not_when.is_none()
            && tags.is_empty()
            && effects.is_none()
    }
}
