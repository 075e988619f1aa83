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
    pub(crate) fn contracts(&self) -> Vec<Contract> {
        let mut all = Vec::new();
        self.gather(&mut all);
        all
    }

    fn gather(&self, all: &mut Vec<Contract>) {
        match self {
            Self::Nothing => {}
            Self::One(contract) => all.push(*contract),
            Self::All(parts) | Self::OneOf(parts) => parts.iter().for_each(|part| part.gather(all)),
            Self::Maybe(part) => part.gather(all),
        }
    }
}
