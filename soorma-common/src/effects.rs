//! What acting on an event does to the world, for whoever decides whether to publish it.

/// What acting on an event does to the world: `#[event(effects = Destructive)]`.
///
/// A closed set: `match` without a wildcard is a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "model", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "model", serde(rename_all = "kebab-case"))]
pub enum Effects {
    /// It only reads, or only tells.
    None,
    /// What it does can be undone.
    Reversible,
    /// What it does cannot be undone.
    Destructive,
}

impl Effects {
    /// All three, the mildest first.
    pub const ALL: [Self; 3] = [Self::None, Self::Reversible, Self::Destructive];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reversible => "reversible",
            Self::Destructive => "destructive",
        }
    }

    /// The name in Rust.
    #[must_use]
    pub const fn ident(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Reversible => "Reversible",
            Self::Destructive => "Destructive",
        }
    }
}

impl std::fmt::Display for Effects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
