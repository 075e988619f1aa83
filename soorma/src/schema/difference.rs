//! One difference between two forms of a schema, in words. Knows no schema.

use std::fmt;

/// Who breaks when agents of the old and of the new form run side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Breaks {
    /// Consumers of the new form: a value that the old form allows is refused by the new one.
    New,
    /// Consumers of the old form: a value that the new form allows is refused by the old one.
    Old,
    /// Both, or it cannot be told which.
    Both,
}

/// One place at which two schemas differ such that somebody breaks.
///
/// Its `Display` is one line: `/status: `status` no longer takes "lost" (breaks consumers of the new form)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub(super) path: String,
    pub(super) what: String,
    pub(super) breaks: Breaks,
}

impl Difference {
    /// Where in a value: like a JSON Pointer, with `[]` for any item of a list and `*` for any key of a map. Empty for
    /// the whole value.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What changed, in words.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Who breaks.
    #[must_use]
    pub fn breaks(&self) -> Breaks {
        self.breaks
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match self.breaks {
            Breaks::New => "the new form",
            Breaks::Old => "the old form",
            Breaks::Both => "either form",
        };
        let path = if self.path.is_empty() { "(root)" } else { &self.path };
        write!(f, "{path}: {} (breaks consumers of {whose})", self.what)
    }
}

/// How a difference is worded: as a change in time, or as two types side by side.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Wording {
    Change,
    Twins,
}

impl Wording {
    /// What only the new form does; `does` is "is required".
    pub(super) fn only_new(self, does: &str) -> String {
        match self {
            Self::Change => format!("{does} now"),
            Self::Twins => format!("{does} in the other only"),
        }
    }

    /// What only the old form does; `no_longer` is the same, said of what has ended.
    pub(super) fn only_old(self, does: &str, no_longer: &str) -> String {
        match self {
            Self::Change => no_longer.to_owned(),
            Self::Twins => format!("{does} in the one only"),
        }
    }

    pub(super) fn both(self, old: &str, new: &str) -> String {
        match self {
            Self::Change => format!("was {old} and is {new} now"),
            Self::Twins => format!("is {old} in the one and {new} in the other"),
        }
    }
}
