//! What a payload type says for its catalogue entry beside its contract.

use crate::Effects;

/// What a payload type says for its catalogue entry beside its contract: all from `#[event(..)]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guidance {
    /// `version = 2`: the version of the schema, from 1 on.
    pub version: u32,
    /// `when_to_use = ".."`: when to publish it; empty where nothing is said.
    pub when_to_use: &'static str,
    /// `not_when = ".."`: when not to; empty where nothing is said.
    pub not_when: &'static str,
    /// `tags = ["..", ".."]`.
    pub tags: &'static [&'static str],
    /// `effects = Reversible`; `None` where nothing is said, which promises nothing.
    pub effects: Option<Effects>,
}

impl Guidance {
    /// A type that says nothing.
    pub const NONE: Self = Self { version: 1, when_to_use: "", not_when: "", tags: &[], effects: None };
}
