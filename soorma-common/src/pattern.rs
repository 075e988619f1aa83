//! Patterns over event types. Owns matching; the grammar itself is in [`crate::grammar`].

use std::{fmt, str::FromStr};

use crate::grammar::{self, GrammarError};

/// A pattern over event types: a name (`order.placed`), one segment (`order.*`), the rest (`order.>`) or all (`>`).
///
/// ```
/// use soorma_common::EventPattern;
///
/// let pattern: EventPattern = "order.>".parse()?;
/// assert!(pattern.matches("order.line.added"));
/// assert!(!pattern.matches("order"));
/// # Ok::<_, soorma_common::PatternError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventPattern(String);

/// A text that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid event pattern `{pattern}`: {reason}")]
pub struct PatternError {
    /// What was given.
    pub pattern: String,
    /// What is wrong with it.
    #[source]
    pub reason: GrammarError,
}

impl EventPattern {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pattern with one more segment. It may be longer than a declared one: it is for what is received.
    #[must_use]
    pub fn with_segment(&self, segment: &str) -> Self {
        Self(format!("{}.{segment}", self.0))
    }

    /// The event type, where the pattern is a plain name.
    #[must_use]
    pub fn exact(&self) -> Option<&str> {
        (!grammar::is_wildcard(&self.0)).then_some(self.0.as_str())
    }

    /// Whether an event of this type is meant. Case-sensitive, and free of allocation.
    #[must_use]
    pub fn matches(&self, event_type: &str) -> bool {
        // The two that are met most: a wildcard matches its own name, too.
        if self.0 == event_type || self.0 == ">" {
            return true;
        }
        let mut types = event_type.split('.');
        for segment in self.0.split('.') {
            match (segment, types.next()) {
                (">", Some(_)) => return true,
                ("*", Some(_)) => {}
                (name, Some(given)) if name == given => {}
                _ => return false,
            }
        }
        types.next().is_none()
    }
}

impl FromStr for EventPattern {
    type Err = PatternError;

    fn from_str(pattern: &str) -> Result<Self, PatternError> {
        grammar::check_pattern(pattern)
            .map_err(|reason| PatternError { pattern: pattern.to_owned(), reason })?;
        Ok(Self(pattern.to_owned()))
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_one_segment_and_an_arrow_the_rest() {
        for (pattern, event_type, matches) in [
            ("order.placed", "order.placed", true),
            ("order.placed", "order.Placed", false),
            ("order.placed", "order.placed.late", false),
            ("order.*", "order.placed", true),
            ("order.*", "order.placed.late", false),
            ("order.*", "order", false),
            ("order.>", "order.placed.late", true),
            ("order.>", "order", false),
            (">", "anything at all", true),
            ("*", "one", true),
            ("*", "one.two", false),
            ("*.placed", "order.placed", true),
        ] {
            let parsed: EventPattern = pattern.parse().unwrap();
            assert_eq!(parsed.matches(event_type), matches, "{pattern} on {event_type}");
        }
    }
}
