//! What was read of an annotated function. Whatever is here is valid as far as the macro can see; what needs the
//! types is checked by the code that `expand.rs` writes.

use syn::{Ident, Path, Type, Visibility};

use super::{Role, options::Options};
use crate::{
    attribute::{EventType, Topic},
    function::Item,
    names::{Ends, Names},
};

/// A function with its attributes.
pub(super) struct Handler {
    /// Where `soorma` is.
    pub(super) names: Names,
    /// The function, without the attributes that are ours.
    pub(super) item: Item,
    /// What the function takes and gives.
    pub(super) shape: Shape,
    /// One for each attribute; one at least.
    pub(super) attributes: Vec<RoleAttribute>,
}

/// What is seen of a function from outside.
pub(super) struct Shape {
    pub(super) visibility: Visibility,
    pub(super) name: Ident,
    /// The types of the arguments, in order.
    pub(super) arguments: Vec<Type>,
    /// The return type; `None` where none is written.
    pub(super) output: Option<Type>,
    /// The doc comment.
    pub(super) description: String,
}

/// One attribute.
pub(super) struct RoleAttribute {
    pub(super) role: Role,
    /// Where it stands.
    pub(super) ends: Ends,
    /// `agent = ".."`.
    pub(super) agent: Option<String>,
    /// `topic = ..`.
    pub(super) topic: Option<Topic>,
    /// `event_type = ".."`.
    pub(super) event_type: Option<EventType>,
    /// How it is delivered.
    pub(super) options: Options,
    /// `produces(A, B)`.
    pub(super) produces: Vec<Type>,
    /// `crate = path`.
    pub(super) root: Option<Path>,
}
