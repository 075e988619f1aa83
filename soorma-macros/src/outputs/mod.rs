//! `#[derive(Outputs)]`: an enum of payloads, one of which is published.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;

/// The whole derive.
pub(crate) fn entry(item: TokenStream) -> TokenStream {
    match parse::parse(item) {
        Ok(outputs) => expand::expand(&outputs),
        Err(failed) => expand::stand_in(*failed),
    }
}
