//! `#[on_event]`, `#[on_task]`, `#[on_result]`, `#[on_startup]`, `#[on_shutdown]`: one macro, five attributes.
//!
//! The outermost attribute of a function reads the others as well, and takes them off, so that a function is
//! written down once, whatever it carries.

mod checks;
mod entry;
mod expand;
mod model;
mod options;
mod parse;
mod role;

use proc_macro2::TokenStream;

pub(crate) use self::role::Role;

/// The whole macro: `args` is what stands in the attribute of this role.
pub(crate) fn entry(role: Role, args: TokenStream, item: TokenStream) -> TokenStream {
    match parse::parse(role, args, item) {
        Ok(handler) => expand::expand(&handler),
        Err(failed) => expand::stand_in(failed),
    }
}
