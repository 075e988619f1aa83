//! What the checks see of a handler's payload.

use soorma_common::Contract;

use crate::{extract::Arg, handler::Role};

/// The payload of one handler.
pub(super) enum Seen {
    /// A declared one.
    Typed(Contract),
    /// None, or JSON of any shape.
    Untyped,
    /// Another check, or the derive, has something to say; whoever asks keeps silent.
    Unsure,
}

pub(super) const fn seen(role: Role, args: &[Arg]) -> Seen {
    let mut found = Seen::Untyped;
    let (mut carrying, mut at) = (0, 0);
    while at < args.len() {
        let arg = &args[at];
        if arg.carries {
            carrying += 1;
            if !arg.roles.contains(role) {
                return Seen::Unsure;
            }
            if let Some(contract) = arg.contract {
                if is_stand_in(&contract) {
                    return Seen::Unsure;
                }
                found = Seen::Typed(contract);
            }
        }
        at += 1;
    }
    if carrying > 1 { Seen::Unsure } else { found }
}

/// Whether the derive failed: it has told what is wrong.
pub(super) const fn is_stand_in(contract: &Contract) -> bool {
    contract.event_type.is_empty()
}

/// Whether two declared payloads are the same event.
pub(super) const fn same_event(one: &Contract, other: &Contract) -> bool {
    one.topic as u8 == other.topic as u8 && same(one.event_type, other.event_type)
}

pub(super) const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
