//! What was read of a main function.

use proc_macro2::Span;
use syn::{LitStr, Path, Type};

use crate::{function::Item, names::Names};

/// A main function.
pub(super) struct Main {
    /// Where `soorma` is.
    pub(super) names: Names,
    /// The function.
    pub(super) item: Item,
    /// Where its name stands.
    pub(super) span: Span,
    /// `name = ".."`: the agent.
    pub(super) name: LitStr,
    /// `handlers_in = [..]`: crates that are linked because they are named.
    pub(super) handlers_in: Vec<Path>,
    /// The type of its argument, where it has one.
    pub(super) argument: Option<Type>,
    /// Its return type, where one is written.
    pub(super) output: Option<Type>,
    /// The doc comment.
    pub(super) description: String,
}
