//! What a return type publishes, as a tree that can be built at compile time.

use soorma_common::Contract;

/// What a return type publishes.
///
/// A tree, because stable Rust cannot concatenate arrays of generic length at compile time.
#[derive(Clone, Copy, Debug)]
pub enum Produces {
    /// Nothing.
    Nothing,
    /// One event, always.
    One(Contract),
    /// All of these.
    All(&'static [Produces]),
    /// One of these.
    OneOf(&'static [Produces]),
    /// That, or nothing, or several.
    Maybe(&'static Produces),
}

impl Produces {
    /// Every event in the tree, in the order in which it is written.
    pub(crate) fn contracts(&self) -> Vec<&Contract> {
        match self {
            Self::Nothing => Vec::new(),
            Self::One(contract) => vec![contract],
            Self::All(parts) | Self::OneOf(parts) => parts.iter().flat_map(Self::contracts).collect(),
            Self::Maybe(part) => part.contracts(),
        }
    }
}
