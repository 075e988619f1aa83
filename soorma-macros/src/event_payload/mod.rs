//! `#[derive(EventPayload)]`: what a type promises when it travels as the data of an event.

mod expand;
mod field;
mod model;
mod parse;

use proc_macro2::TokenStream;

/// The whole derive.
pub(crate) fn entry(item: TokenStream) -> TokenStream {
    match parse::parse(item) {
        Ok(payload) => expand::expand(&payload),
        Err(failed) => expand::stand_in(*failed),
    }
}
