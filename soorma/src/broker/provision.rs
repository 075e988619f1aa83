//! What provisioning finds: settings that are not what this version would choose.

use std::fmt;

/// What is to be done with a setting that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drifted {
    /// Leave it, and tell: an app starts with what it finds.
    Keep,
    /// Change it, where the broker can, and tell: `provision` was asked for.
    Correct,
}

/// A setting that is not what this version would choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// What has it: a stream, a durable, a table.
    pub of: String,
    /// The setting.
    pub setting: String,
    /// What was found.
    pub found: String,
    /// What this version would choose.
    pub chosen: String,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, setting, found, chosen } = self;
        write!(f, "{of}: {setting} is {found}, and not {chosen}")
    }
}
