//! What was read of an enum of outputs.

use syn::{Ident, Type};

use crate::names::Names;

/// An enum of outputs.
pub(super) struct Outputs {
    /// Where `soorma` is.
    pub(super) names: Names,
    /// The type; it has no generic parameters.
    pub(super) name: Ident,
    /// One at least.
    pub(super) variants: Vec<Variant>,
}

/// A variant.
pub(super) struct Variant {
    pub(super) name: Ident,
    /// What it publishes; `None` is nothing.
    pub(super) output: Option<Type>,
}
