//! What an attribute leaves out, taken from the payload.
//!
//! These never fail: where nothing says it, [`check`](super::check) has ended the compilation. A constant that
//! failed *and* was used would be reported twice.

use soorma_common::{Contract, EventTopic};

use crate::extract::Arg;

/// The topic.
#[must_use]
pub const fn topic(written: Option<EventTopic>, args: &[Arg]) -> EventTopic {
    match (written, consumes(args)) {
        (Some(topic), _) => topic,
        (None, Some(contract)) => contract.topic,
        (None, None) => EventTopic::BusinessFacts,
    }
}

/// The event type or pattern.
#[must_use]
pub const fn event_type(written: Option<&'static str>, args: &[Arg]) -> &'static str {
    match (written, consumes(args)) {
        (Some(event_type), _) => event_type,
        (None, Some(contract)) => contract.event_type,
        (None, None) => "",
    }
}

/// The declared payload that a handler takes.
#[must_use]
pub const fn consumes(args: &[Arg]) -> Option<Contract> {
    let mut at = 0;
    while at < args.len() {
        if args[at].carries {
            return args[at].contract;
        }
        at += 1;
    }
    None
}
