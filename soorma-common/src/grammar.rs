//! The grammar of names: declared event types, patterns over them, and the names of agents and handlers.
//!
//! The functions are `const`, so that the macros, the derive and the runtime share one check. Received event
//! types may be anything that CloudEvents allows; this grammar is for what a program declares.

/// The longest declared event type, in bytes.
pub const EVENT_TYPE_BYTES: usize = 128;
/// The most segments that a declared event type has.
pub const EVENT_TYPE_SEGMENTS: usize = 8;
/// The longest received event type, in bytes.
pub const RECEIVED_TYPE_BYTES: usize = 255;
/// The longest agent or handler name, in bytes.
pub const NAME_BYTES: usize = 64;

/// What is wrong with a name, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrammarError {
    /// Byte offset of the first character that does not fit.
    pub at: usize,
    /// What the grammar asks for, as a phrase that follows "invalid ..:".
    pub rule: &'static str,
}

impl std::fmt::Display for GrammarError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (at byte {})", self.rule, self.at)
    }
}

impl std::error::Error for GrammarError {}

const fn err(at: usize, rule: &'static str) -> Result<(), GrammarError> {
    Err(GrammarError { at, rule })
}

const fn is_word(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')
}

const fn wrong_byte(byte: u8, at: usize) -> Result<(), GrammarError> {
    match byte {
        b'A'..=b'Z' => err(at, "upper-case letters are not allowed"),
        b' ' => err(at, "spaces are not allowed"),
        b'*' | b'>' => err(at, "wildcards are for patterns: a declared event type is one name"),
        _ => err(at, "only `a` to `z`, `0` to `9`, `_`, `-` and the dot are allowed"),
    }
}

/// Checks a declared event type: 1 to 8 segments of `[a-z0-9_-]`, joined by dots, 128 bytes at most.
///
/// ```
/// use soorma_common::grammar::check_event_type;
///
/// const _: () = assert!(check_event_type("order.placed").is_ok());
/// assert_eq!(check_event_type("order.Placed").unwrap_err().at, 6);
/// ```
///
/// # Errors
/// The first byte that does not fit, and the rule it breaks.
pub const fn check_event_type(name: &str) -> Result<(), GrammarError> {
    check(name, false)
}

/// Checks a pattern: an event type in which `*` may stand for one segment, and `>` as the last segment for one
/// or more. `>` alone matches every event type.
///
/// # Errors
/// The first byte that does not fit, and the rule it breaks.
pub const fn check_pattern(pattern: &str) -> Result<(), GrammarError> {
    check(pattern, true)
}

const fn check(name: &str, wildcards: bool) -> Result<(), GrammarError> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return err(0, "it must not be empty");
    }
    if bytes.len() > EVENT_TYPE_BYTES {
        return err(EVENT_TYPE_BYTES, "128 bytes are the most");
    }
    let (mut at, mut start, mut segments) = (0, 0, 1);
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'.' {
            if at == start {
                return err(at, "a segment must not be empty");
            }
            segments += 1;
            if segments > EVENT_TYPE_SEGMENTS {
                return err(at, "eight segments are the most");
            }
            start = at + 1;
        } else if wildcards && (byte == b'*' || byte == b'>') {
            let whole = at == start && (at + 1 == bytes.len() || bytes[at + 1] == b'.');
            if !whole {
                return err(at, "a wildcard must be a whole segment");
            }
            if byte == b'>' && at + 1 != bytes.len() {
                return err(at, "`>` must be the last segment");
            }
        } else if !is_word(byte) {
            return wrong_byte(byte, at);
        }
        at += 1;
    }
    if start == bytes.len() {
        return err(start, "a segment must not be empty");
    }
    Ok(())
}

/// Whether a (valid) pattern contains a wildcard.
#[must_use]
pub const fn is_wildcard(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'*' || bytes[at] == b'>' {
            return true;
        }
        at += 1;
    }
    false
}

/// Checks the name of an agent or a handler: 1 to 64 bytes of `[a-z0-9_-]`.
///
/// # Errors
/// The first byte that does not fit, and the rule it breaks.
pub const fn check_name(name: &str) -> Result<(), GrammarError> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return err(0, "it must not be empty");
    }
    if bytes.len() > NAME_BYTES {
        return err(NAME_BYTES, "64 bytes are the most");
    }
    let mut at = 0;
    while at < bytes.len() {
        if !is_word(bytes[at]) {
            return err(at, "only `a` to `z`, `0` to `9`, `_` and `-` are allowed");
        }
        at += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_types_are_dotted_lower_case_names() {
        for good in ["order", "order.placed", "a.b.c.d.e.f.g.h", "inventory_2.re-served"] {
            assert_eq!(check_event_type(good), Ok(()), "{good}");
        }
        for (bad, at) in [
            ("", 0),
            ("Order.placed", 0),
            ("order placed", 5),
            ("order..placed", 6),
            (".order", 0),
            ("order.", 6),
            ("a.b.c.d.e.f.g.h.i", 15),
            ("order.*", 6),
            ("größe", 2),
        ] {
            assert_eq!(check_event_type(bad).unwrap_err().at, at, "{bad}");
        }
        assert_eq!(check_event_type(&"x".repeat(128)), Ok(()));
        assert_eq!(check_event_type(&"x".repeat(129)).unwrap_err().at, 128);
    }

    #[test]
    fn patterns_hold_wildcards_as_whole_segments() {
        for good in ["order.*", "order.>", ">", "*", "*.placed"] {
            assert_eq!(check_pattern(good), Ok(()), "{good}");
        }
        for bad in ["order.>.placed", "ord*", "*r", ">>", "order.*x"] {
            assert!(check_pattern(bad).is_err(), "{bad}");
        }
    }
}
